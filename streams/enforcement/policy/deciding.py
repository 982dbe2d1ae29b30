"""What policy makes of an alert: a rung of the ladder, or a stated reason for none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detectors.alert import Alert
from detectors.clauses import Clause
from streams.enforcement.policy.climbing import climbed
from streams.enforcement.policy.clusters import about_cluster, shows
from streams.enforcement.policy.decided import nothing
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.matter import Matter
from streams.enforcement.policy.models import spoken_by_model, waits
from streams.enforcement.policy.paths import care, child_safety, is_child_safety, ours
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.standing import Standing
from streams.enforcement.policy.strikes import strikes_of

__all__ = ["decide", "strikes_of"]

_UNSEEN = {"case": None, "page": False}


def decide(
    alerts: Sequence[Alert], facts: Facts | None, standing: Standing, policy: Policy,
    clauses: Mapping[str, Clause], now_ms: int,
) -> Decision:  # fmt: skip
    """What policy wants for the first of the alerts. Every alert gets a decision, also where nothing is wanted.

    alerts: the account's open ones, at least one; now_ms: ms since 1970.
    """
    about = alerts[0]
    # What a model says, or is said of a cluster, changes nothing about what others do: it neither restricts nor holds
    # back.
    opened = [one for one in alerts if now_ms - one.time <= policy.open_ms
              and not spoken_by_model(one) and not about_cluster(one)]  # fmt: skip
    matter = Matter(about, opened, facts, standing, policy, clauses.get(about.clause), now_ms)
    newer = any(one.id == about.id and one.revision > about.revision for one in alerts)
    if about_cluster(about):
        return _ended(matter) if newer else shows(matter)
    if is_child_safety(matter):
        return child_safety(matter)
    if newer:
        return _ended(matter)
    if spoken_by_model(about):
        return waits(matter)
    if matter.clause is not None and matter.clause.path == "care":
        return care(matter)
    if matter.clause is not None and matter.clause.path == "ours":
        return ours(matter)
    if matter.clause is not None and matter.clause.page_only:
        return nothing(matter, Reason.PAGE_ONLY)
    age_ms = now_ms - about.time
    if age_ms > policy.open_ms:
        return nothing(matter, Reason.ENDED, {"age_ms": age_ms, "open_ms": policy.open_ms})
    return climbed(matter)


def _ended(matter: Matter) -> Decision:
    return nothing(matter, Reason.ENDED, {"revision": matter.about.revision}, _UNSEEN)
