"""Policy as it was declared and checked: ladders, terms, protections, budgets, stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.enforcement.policy.trust import Reporters

STAGES = ("shadow", "canary", "live")
"""From least to most."""

LIFTS = ("expires", "owner", "person")
"""What lifts an action: its time is over; the owner says that it is done and a re-check agrees; a person decides."""

REACTIONS = ("list", "case", "page")
"""What an alert of some severity brings to people, whatever is done: it is in a list, has a case, or pages too."""


@dataclass(frozen=True)
class Step:
    """One step of a ladder: from this severity, this many standing strikes and this many distinct own signals on."""

    rung: str
    severity: str
    strikes: int = 0
    signals: int = 1


@dataclass(frozen=True)
class Terms:
    """What holds for a rung wherever a ladder names it. Times in ms.

    lasts_ms: None until lifted; not_after_ms: how long it may take to be delivered; cooldown_ms: how long after it
    nothing as high is done again to the entity under the clause; evidence_age_ms: how old evidence may be;
    purse: which budget pays; lifts: one of LIFTS; strikes: how many it gives; people: how many must agree.
    """

    lasts_ms: int | None
    not_after_ms: int
    cooldown_ms: int
    evidence_age_ms: int
    purse: str
    lifts: str
    strikes: int = 0
    people: int = 0


@dataclass(frozen=True)
class ClausePolicy:
    """Of one clause: how far it goes, and a ladder for each kind of entity, lowest step first.

    to_lift: what the owner can do about it, as a sentence; dsa_category: without its prefix; role: the clause's, whose
    people look at what guards hold back; settle_ms: how long an account's episode must have lasted before an
    account-wide restriction, so that alerts about its keys and workloads have come in.
    """

    clause: str
    ceiling: str
    ladders: Mapping[str, tuple[Step, ...]]
    to_lift: str
    dsa_category: str
    illegal: bool = False
    role: str = ""
    settle_ms: int = 0


@dataclass(frozen=True)
class Protections:
    """Accounts for which a person comes first before an account-wide rung. Any one is enough; times in ms."""

    older_than_ms: int
    spend_usd_90d: float
    dependants: int


@dataclass(frozen=True)
class Budget:
    """How many automatic actions a purse pays for. None: no limit of that kind.

    share_per_day: of active accounts (0–1), judged from `share_from_h` actions an hour on, never less than one;
    plan_share_h: most of an hour's actions (0–1) that may fall on one plan, judged from `share_from_h` on.
    """

    rule_per_hour: int | None = None
    clause_per_hour: int | None = None
    per_hour: int | None = None
    accounts_per_hour: int | None = None
    accounts_per_day: int | None = None
    share_per_day: float | None = None
    share_from_h: int = 20
    plan_share_h: float | None = None


@dataclass(frozen=True)
class Policy:
    """The whole policy. Times in ms.

    people: how many there are to agree on something, 1 or more (a team of one waits instead, `alone_ms` by rung);
    open_ms: how long after its last revision an alert still counts as open; strike_decay_ms: how long a strike stands;
    mute_ms: after a reinstatement; narrower_tries, narrower_within_ms: an account rung comes after so many key or
    workload actions on the account under the clause; end_user_deadline_ms: what a customer is given to act on their
    own users; lag_ms: above it nothing is suspended by itself; unknown_facts: by plan (`*` for others), the rungs that
    may go ahead without facts; reactions: one of REACTIONS by severity; stages: the highest stage a rule may have;
    campaign_per_hour: how many of the actions that people approve or ask for in bulk may leave within an hour;
    models_per_day: how many alerts that rest on a model alone people hear of.
    """

    people: int
    alone_ms: Mapping[str, int]
    terms: Mapping[str, Terms]
    clauses: Mapping[str, ClausePolicy]
    protections: Protections
    budgets: Mapping[str, Budget]
    stages: Mapping[str, str]
    reactions: Mapping[str, str]
    unknown_facts: Mapping[str, frozenset[str]]
    open_ms: int
    strike_decay_ms: int
    mute_ms: int
    narrower_tries: int
    narrower_within_ms: int
    end_user_deadline_ms: int
    lag_ms: int
    demote_above_forecast: float = 3.0
    demote_overturns: int = 2
    demote_within_ms: int = 7 * 86_400_000
    appeal_url: str = ""
    terms_url: str = ""
    campaign_per_hour: int = 500
    canary_salt: str = field(default="tipstaff")
    reporters: Reporters = field(default_factory=Reporters)
    models_per_day: int = 5

    def stage_cap(self, rule: str) -> str:
        """The highest stage a rule may have: shadow unless said."""
        return self.stages.get(rule, "shadow")

    def without_facts(self, plan: str | None) -> frozenset[str]:
        """The rungs that may go ahead on an account of this plan of which no facts are known."""
        return self.unknown_facts.get(plan or "*", self.unknown_facts.get("*", frozenset()))
