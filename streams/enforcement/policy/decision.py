"""What policy makes of an alert: a rung of the ladder, or a stated reason for none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """act: it is to be done; held: policy wanted it, a guard holds it back; nothing: policy wants nothing (more)."""

    ACT = "act"
    HELD = "held"
    NOTHING = "nothing"


class Reason(StrEnum):
    """Why. The first group is policy's, for what it wants or nothing; the second the guards', in their order."""

    LADDER = "ladder"  # a step of the ladder asks for it
    CONTAINED = "contained"  # a hash match: generation is refused at once
    CHILD_SAFETY = "child_safety"  # people of that role alone go on
    CARE = "care"  # a person at risk is not an offender
    OURS = "ours"  # what is wrong is ours: people look there, and nothing follows for the account
    PAGE_ONLY = "page_only"  # the clause rests on no document
    NO_LADDER = "no_ladder"  # the policy has no step for such an entity under this clause
    BELOW_LADDER = "below_ladder"  # the severity, strikes or evidence reach no step
    IN_FORCE = "in_force"  # as much or more is in force, under way or proposed
    COOLING_DOWN = "cooling_down"  # as much was done a short while ago
    NARROWER_FIRST = "narrower_first"  # a key or workload of the account is the one to act on
    END_USERS_FIRST = "end_users_first"  # the customer has time left to act on their own users
    VICTIM = "victim"  # the account holder is the one wronged
    ENDED = "ended"  # the episode is over, or the revision is not the newest
    CLUSTER = "cluster"  # what accounts share is nobody's own doing: people look, and nothing follows for an account
    MODEL_BUDGET = "model_budget"  # a model alone says so: it waits until the day's allowance reaches it
    MODEL_TOLD = "model_told"  # its turn came: people have a case
    MODEL_SUPPORTS = "model_supports"  # people have a case of the account anyway: it was put into that
    MODEL_LAPSED = "model_lapsed"  # its turn never came

    SWITCH = "switch"
    LAG = "lag"
    STALE = "stale"
    STAGE = "stage"
    MUTED = "muted"
    OWN_EVIDENCE = "own_evidence"
    ALLOW_LISTED = "allow_listed"
    PROTECTED = "protected"
    FACTS_UNKNOWN = "facts_unknown"
    STATEFUL = "stateful"
    BUDGET = "budget"
    TWO_PEOPLE = "two_people"


@dataclass(frozen=True)
class Decision:
    """One decision about one alert revision.

    rung, kind, entity_id: what policy wants, empty where nothing; figures: what the reason rests on, by name, units in
    the names (`evidence_age_ms`, `signals`, `signals_needed`); alerts: ids of the open alerts it rests on;
    proposed: held, but a person may approve it: it waits as a proposed action; case: the role that a case is opened
    for, None for none; page: whether somebody is paged; urgent: at once; hold: whether a legal hold is placed;
    action_id: of the action that followed: the ledger's to say, policy leaves it None.
    """

    outcome: Outcome
    reason: Reason
    alert_id: str
    revision: int
    account_id: str
    clause: str
    rule: str
    rung: str = ""
    kind: str = ""
    entity_id: str = ""
    lasts_ms: int | None = None
    not_after_ms: int = 0
    figures: Mapping[str, int | float | str] = field(default_factory=dict)
    alerts: tuple[str, ...] = ()
    end_users: tuple[str, ...] = ()
    deadline_ms: int | None = None
    proposed: bool = False
    case: str | None = None
    page: bool = False
    urgent: bool = False
    hold: bool = False
    action_id: str | None = None
