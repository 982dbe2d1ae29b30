"""Published static rules as they stand, over features that we have: a baseline, never in force.

Where our feature differs from what the source counts, `differs` says how. Left out, since no feature counts what they
count: CrowdSec's leaky buckets (seconds), Elastic's and Panther's tokens per call, Okta's rules over several users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from detectors.rules import build_rules
from streams.pack import Pack

PREFIX = "published-"
"""How the ids of these rules begin."""


@dataclass(frozen=True)
class Published:
    """One published rule: what it is over, who published it, how ours differs from theirs.

    when: conditions that must all hold; of a rule on events any one is enough. unless:
    conditions none of which may hold.
    """

    id: str
    clause: str
    entity: str
    when: tuple[str, ...]
    source: str
    differs: str = ""
    event: str | None = None
    unless: tuple[str, ...] = ()

    @property
    def declared(self) -> Mapping[str, Any]:
        """As a rule of a pack; all have one severity, since their sources grade differently."""
        on: dict[str, Any] = {"on": "tick"} if self.event is None else {"on": "event", "event": self.event}
        when: list[Any] = list(self.when) if self.event is None else [{"any": list(self.when)}]
        return {"id": PREFIX + self.id, "title": self.id, "clause": self.clause, "severity": "medium",
                "entity": self.entity, "when": [*when, *(f"NOT {one}" for one in self.unless)], "quiet": "24h",
                "runbook": self.source,
                "references": [self.source], "false_positives": ["as its source says"],
                "tests": [{"fires": True}, {"fires": False}], **on}  # fmt: skip


PUBLISHED = (
    Published("elastic-successful-calls", "unauthorised-use", "key", ("succeeded_requests_1h >= 500",),
              "Elastic: at least 500 successful calls by one identity on one model, 60 min", "all models together"),
    Published("elastic-access-denied", "unauthorised-use", "key", ("denied_requests_1h > 3",),
              "Elastic: model access denied more than 3 times by one user, 60 min", "any 400, 401, 403 or 404"),
    Published("elastic-lists-then-invokes", "unauthorised-use", "key",
              ("model_lists_1h >= 1", "succeeded_requests_1h >= 1"),
              "Elastic: a long-term key lists models, then invokes one within 15 min", "within 1 h, in any order"),
    Published("panther-brute-force", "unauthorised-use", "account", ("login_failures_1h >= 20",),
              "Panther: 20 failed logins, 60 min"),
    Published("panther-failures-then-success", "unauthorised-use", "account",
              ("login_failures_1h >= 5", "logins_1h >= 1"), "Panther: 5 failures or more, then a success",
              "in any order within 1 h"),
    Published("falco-pool-contact", "cryptomining", "workload", ("pool_flows_1h >= 1",),
              "Falco: outbound connection to a miner pool's domain", "our list of pools; any port but web ones"),
    Published("sigma-stratum", "cryptomining", "workload",
              tuple(f"command_line ILIKE '%{one}%'" for one in (
                  "stratum+tcp://", "stratum+udp://", "--donate-level=0", " --nicehash", "--cpu-priority=",
                  " -o pool.", " --algo=rx/0 ", "modprobe msr allow_writes=on")),
              "Sigma: proc_creation_lnx_crypto_mining", "without its base64 forms", event="process",
              unless=tuple(f"command_line ILIKE '%{one}%'" for one in (" pool.c ", " pool.o", "gcc -"))),
    Published("gmail-bulk-sender", "spam", "account", ("recipients_24h >= 5000",),
              "Gmail: a bulk sender sends about 5,000 messages or more, 24 h", "of an account, not of a domain"),
    Published("ses-bounce-pause", "spam", "account", ("bounces_24h - 0.1 * recipients_24h > 0",),
              "Amazon SES: sending is paused at 10 % bounces"),
    Published("ses-complaint-pause", "spam", "account", ("complaints_24h - 0.005 * recipients_24h > 0",),
              "Amazon SES: sending is paused at 0.5 % complaints"),
)  # fmt: skip


def beside(pack: Pack) -> Pack:
    """The pack with the published rules that its features and clauses can express beside its own."""
    values = {kind: set(found) for kind, found in pack.catalog.values.items()}
    fitting = [one for one in PUBLISHED if one.clause in pack.clauses and _known(one, values.get(one.entity, set()))]
    restricted = [clause.id for clause in pack.clauses.values() if clause.restricted]
    rules = build_rules([one.declared for one in fitting], pack.catalog, pack.clauses, pack.lists, restricted)
    return replace(pack, rules=(*pack.rules, *rules))


def _known(one: Published, values: set[str]) -> bool:
    """Whether each word of its conditions that looks like a feature's value is one."""
    words = {word for text in one.when for word in text.split() if word.endswith(("_1h", "_24h"))}
    return words <= values
