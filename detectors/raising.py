"""A firing that is told of becomes an alert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detectors.alert import Alert, Evidence, alert_id
from detectors.anomaly.model import Declared
from detectors.episodes import Raised
from detectors.redaction import printable
from detectors.rules import Rule


def raised_alert(raised: Raised, by: Rule | Declared, evidence: tuple[Evidence, ...], pack: str, *, plan: str | None,
                 time: int, trigger: int, signals: tuple[str, ...], runbook: str,
                 events: Sequence[dict[str, Any]] = ()) -> Alert:  # fmt: skip
    """The alert of a rule or model; time: of the entity's newest event (ms); runbook: the name of its page."""
    firing = raised.firing
    return Alert(
        id=alert_id(by.id, firing.kind, firing.entity, raised.start), revision=raised.revision,
        detector=by.id, title=by.title, clause=by.clause, severity=by.severity, kind=firing.kind,
        entity=firing.entity, plan=None if plan is None else printable(plan), start_tick=raised.start,
        tick=firing.tick, time=time, trigger=trigger, signals=signals, pack=pack,
        runbook=f"docs/runbooks/{runbook}.md", evidence=evidence, events=tuple(events), rule_version=by.version,
    )  # fmt: skip
