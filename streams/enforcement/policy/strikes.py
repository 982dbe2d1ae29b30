"""Strikes: which actions give them, and how many count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from detectors.alert import Alert
from detectors.clauses import Clause
from features.ticks import HOUR_MS
from streams.enforcement.policy.matter import Matter
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.rungs import END_USER, WORKLOAD
from streams.enforcement.policy.standing import Strike
from streams.enforcement.policy.under_way import unanswered

APART_MS = HOUR_MS
"""Strikes under one clause within this time are of one breach: several rules, keys or pods brought it up at once."""


def strikes_of(rung: str, alert: Alert, clause: Clause, policy: Policy) -> int:
    """How many strikes an action gives once it is delivered.

    None to a victim, to a person at risk, on the path of child safety (people decide there), none for a workload, which
    somebody may have broken into, and none to a customer for what one of their end users did: what they let go on is a
    clause of its own.
    """
    spared = alert.victim is not None or clause.path != "ordinary" or alert.kind in (END_USER, WORKLOAD)
    terms = policy.terms.get(rung)
    return 0 if spared or terms is None else terms.strikes


def standing_strikes(matter: Matter) -> int:
    """How many of the account's strikes count in a matter: those of all clauses that have not decayed.

    What the last measure in this matter brought does not count while its owner's time to react runs: nobody climbs
    the ladder by the very notice that asks them to change.
    """
    last, decayed = unanswered(matter), matter.now_ms - matter.policy.strike_decay_ms
    counted = [one for one in matter.standing.strikes if one.given_ms > decayed
               and not (last and one.clause == matter.about.clause and one.given_ms >= last.decided_ms)]  # fmt: skip
    clauses = {one.clause for one in counted}
    return sum(_breaches([one for one in counted if one.clause == clause]) for clause in clauses)


def _breaches(strikes: Sequence[Strike]) -> int:
    """Strikes under one clause, each breach counted once: as much as its gravest action gave."""
    total, first, most = 0, None, 0
    for given_ms, given in sorted(Counter(one.given_ms for one in strikes).items()):
        if first is None or given_ms - first >= APART_MS:
            total, first, most = total + most, given_ms, given
        else:
            most = max(most, given)
    return total + most
