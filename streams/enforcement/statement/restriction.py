"""What an owner is told of one action: everything that a statement may rest on, and nothing that it must not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from detectors.alert import Alert
from detectors.clauses import Clause
from streams.enforcement.policy.action import Action
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.policy import Policy

CHILD_SAFETY = "child_safety"
"""The path on which nothing is told without a reviewer."""

_OF_TERMS = "OTHER_VIOLATION_TC"  # of a clause that people act on although the policy has nothing for it


class Source(StrEnum):
    """How it came to be known: by our own checks; by somebody's report; by a notice under DSA Article 16; by a trusted
    flagger's.
    """

    OWN = "own"
    REPORT = "report"
    ARTICLE_16 = "article_16"
    TRUSTED_FLAGGER = "trusted_flagger"


@dataclass(frozen=True)
class Restriction:
    """Of one action. Times in ms since 1970. No evidence, threshold, detector or rule is in it, so none can leak.

    entity_id: as its owner knows it; document, section: where the clause stands, empty where nowhere; seen_ms: when
    what it rests on happened; ends_ms: None where only people end it; automatic: policy asked for it; confirmed: a
    person agreed to it; detected: checks found it, not people; victim: the owner is the one wronged; released: a
    child-safety reviewer lets the owner be told; legal_ground: the law it breaks, as a person named it;
    business: whether the account is a business's, None where not known.
    """

    action_id: str
    rung: str
    kind: str
    entity_id: str
    path: str
    clause_title: str
    clause_text: str
    document: str
    section: str
    decided_ms: int
    begins_ms: int
    ends_ms: int | None
    seen_ms: int
    automatic: bool
    confirmed: bool
    detected: bool
    source: Source
    to_lift: str
    appeal_url: str
    dsa_category: str
    illegal: bool
    legal_ground: str = ""
    business: bool | None = None
    victim: bool = False
    released: bool = False
    end_users: tuple[str, ...] = ()
    deadline_ms: int | None = None

    @property
    def silent(self) -> bool:
        """Whether nobody outside may hear of it now."""
        return self.path == CHILD_SAFETY and not self.released


def restriction_of(
    action: Action, clause: Clause, policy: Policy, alert: Alert | None, facts: Facts | None = None, *,
    confirmed: bool = False, source: Source | None = None, released: bool = False, end_users: Sequence[str] = (),
    deadline_ms: int | None = None,
) -> Restriction:  # fmt: skip
    """What may be told of an action; source: where another than the alert says."""
    ruled = policy.clauses.get(clause.id)
    begins = action.confirmed_ms if action.confirmed_ms is not None else action.decided_ms
    return Restriction(
        action_id=action.id, rung=action.rung, kind=action.kind, entity_id=action.entity_id, path=clause.path,
        clause_title=clause.title, clause_text=clause.text,
        document=clause.basis.get("document", ""), section=clause.basis.get("section", ""),
        decided_ms=action.decided_ms, begins_ms=begins, ends_ms=_end(action, begins),
        seen_ms=alert.time if alert else action.decided_ms,
        automatic=action.automatic, confirmed=confirmed, detected=_detected(alert), source=source or _source(alert),
        to_lift=ruled.to_lift if ruled else "", appeal_url=policy.appeal_url,
        dsa_category=ruled.dsa_category if ruled else _OF_TERMS, illegal=bool(ruled and ruled.illegal),
        business=True if facts and facts.contract else None,  # without a contract it may be either
        victim=bool(alert and alert.victim == "holder"), released=released,
        end_users=tuple(end_users) or (alert.end_users if alert else ()), deadline_ms=deadline_ms,
    )  # fmt: skip


def _end(action: Action, begins_ms: int) -> int | None:
    if action.ends_ms is not None:
        return action.ends_ms
    return None if action.lasts_ms is None else begins_ms + action.lasts_ms


def _detected(alert: Alert | None) -> bool:
    return alert is not None and set(alert.signals) != {"report"}


def _source(alert: Alert | None) -> Source:
    return Source.REPORT if alert is not None and "report" in alert.signals else Source.OWN
