"""Decisions written out: something wanted, or nothing, with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.matter import Figures, Matter
from streams.enforcement.policy.people_first import to_people
from streams.enforcement.policy.policy import Terms

UNSAID = Terms(lasts_ms=None, not_after_ms=900_000, cooldown_ms=0, evidence_age_ms=900_000, purse="", lifts="person")
"""Terms of a rung for which a policy has none."""


def nothing(matter: Matter, reason: Reason, figures: Figures | None = None,
            people: Mapping[str, Any] | None = None) -> Decision:  # fmt: skip
    """Policy wants nothing (more) done; people: what is brought to them, by severity where not said."""
    return _decision(matter, Outcome.NOTHING, reason, figures, people)


def wanted(matter: Matter, reason: Reason, rung: str, kind: str, entity_id: str, figures: Figures | None = None,
           people: Mapping[str, Any] | None = None, **also: Any) -> Decision:  # fmt: skip
    """Policy wants a rung for an entity."""
    terms = matter.policy.terms.get(rung, UNSAID)
    return _decision(matter, Outcome.ACT, reason, figures, people, rung=rung, kind=kind, entity_id=entity_id,
                     lasts_ms=terms.lasts_ms, not_after_ms=matter.now_ms + terms.not_after_ms, **also)  # fmt: skip


def _decision(matter: Matter, outcome: Outcome, reason: Reason, figures: Figures | None,
              people: Mapping[str, Any] | None, **also: Any) -> Decision:  # fmt: skip
    about = matter.about
    brought: Mapping[str, Any] = to_people(matter) if people is None else people
    return Decision(
        outcome=outcome, reason=reason, alert_id=about.id, revision=about.revision, account_id=about.account_id,
        clause=about.clause, rule=about.detector, figures=dict(figures or {}),
        alerts=(about.id, *sorted(one.id for one in matter.together[1:])), **brought, **also,
    )  # fmt: skip
