"""The soak's verdict can fail, in each of its criteria, and passes what is as it must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from soak.figures import Ends, Figures, Look
from soak.judging import findings, grown

MIB = 2**20
PROCESSES = ("worker", "clusters", "enforce", "receiver")

ENDS = Ends(produced=1_000, heartbeats=20, stored=1_020, taken=1_000, dead=20, graves=20, left=0, alerts=9,
            alerts_passed=9, ties=50, ties_passed=50, reasons=frozenset({"bad_id"}), commands=3, obeyed=3,
            delivered=4)  # fmt: skip

LOOKS = [
    Look(at_s, name, 100 * MIB, frozenset({"up", 'events{type="auth"}'}), shed=int(at_s))
    for at_s in range(1, 101)
    for name in PROCESSES
]

SOUND = Figures(seed=1, asked_s=100, warm_up_s=40, looks=LOOKS, ends=ENDS, hostile=100, wanted=100,
                expected_reasons=frozenset({"bad_id"}))  # fmt: skip


def looked(change: Callable[[Look], dict[str, Any]], looks: Sequence[Look] = LOOKS) -> Figures:
    """Sound figures but for what a look at the worker shows."""
    return replace(SOUND, looks=[replace(one, **change(one)) if one.process == "worker" else one for one in looks])


def growing(to: float, spike: bool = False) -> Figures:
    """A worker whose memory grows steadily after the warm-up, so that the quarters' medians are apart by a share."""
    share = (to - 1) / (45 / 60)  # the quarters' middles lie three quarters of the way apart

    def size(one: Look) -> dict[str, Any]:
        warm = max(one.at_s - 40, 0) / 60
        first = 1 + share * 7.5 / 60
        return {"rss_bytes": int((500 if spike and one.at_s % 10 == 0 else 100) * MIB * (1 + share * first * warm))}

    return looked(size)


def test_sound_figures_pass() -> None:
    """Nothing is found where all is as it must be."""
    assert findings(SOUND) == []


def test_six_percent_are_too_much_and_four_are_not() -> None:
    """A process that grows by six percent from the first to the last quarter fails, one that grows by four does not."""
    assert [one for one in findings(growing(1.06)) if "memory grew by 6." in one or "memory grew by 5." in one]
    assert findings(growing(1.04)) == []


def test_single_spikes_are_no_growth() -> None:
    """What is looked at is the median: a look that met a snapshot or a chunk on its way does not decide."""
    assert findings(growing(1.0, spike=True)) == []


def test_growth_of_the_warm_up_does_not_count() -> None:
    """Before the caps are reached memory may grow as it must."""
    assert findings(looked(lambda one: {"rss_bytes": int(min(one.at_s, 40) * MIB)})) == []


def test_too_few_looks_prove_nothing() -> None:
    """A process that was hardly looked at is not passed."""
    few = replace(SOUND, looks=LOOKS[:-220])
    assert grown(few, "worker") is None
    assert any("too few looks" in one for one in findings(few))


BROKEN: dict[str, tuple[Figures, str]] = {
    "a cap that is never reached": (looked(lambda _: {"shed": 0}), "its caps were not reached"),
    "no new entities": (looked(lambda one: {"shed": min(int(one.at_s), 40)}), "no new entities came"),
    "one new series": (
        looked(lambda one: {"series": one.series | {'events{type="x"}'}} if one.at_s > 70 else {}),
        "1 new series after the warm-up: events{type=\"x\"}",
    ),
    "a marker in a label": (
        looked(lambda one: {"marked": ['x{a="\x1bm"}']} if one.at_s == 50 else {}), "hostile values in its metrics"
    ),
    "a marker in the warm-up": (
        looked(lambda one: {"marked": ["x"]} if one.at_s == 2 else {}), "hostile values in its metrics"
    ),
    "a marker in a log": (replace(SOUND, misplaced=["worker: a log line"]), "worker: a log line"),
    "one health check": (
        looked(lambda one: {"unwell": {"/readyz": "503"}} if one.at_s == 99 else {}),
        "1 health checks failed, first /readyz after 99 s: 503",
    ),
    "one lost record": (replace(SOUND, ends=replace(ENDS, taken=999)), "1,020 against 1,019"),
    "one record that was never stored": (replace(SOUND, ends=replace(ENDS, produced=1_001)), "1,021 against 1,020"),
    "one record left": (replace(SOUND, ends=replace(ENDS, taken=999, left=1)), "1 records of events were never taken"),
    "one dead letter lost": (replace(SOUND, ends=replace(ENDS, graves=19)), "20 against 19"),
    "one alert not decided on": (replace(SOUND, ends=replace(ENDS, alerts_passed=8)), "9 against 8"),
    "one record of ties": (replace(SOUND, ends=replace(ENDS, ties_passed=49)), "50 against 49"),
    "one command refused": (replace(SOUND, ends=replace(ENDS, obeyed=2)), "3 against 2"),
    "a restart": (replace(SOUND, ended=["worker ended with 70"]), "worker ended with 70"),
    "too few hostile values": (replace(SOUND, hostile=99), "only 99 hostile values"),
    "a reason that never came": (
        replace(SOUND, ends=replace(ENDS, reasons=frozenset())), "no dead letter was of the reasons bad_id"
    ),
    "no alert": (replace(SOUND, ends=replace(ENDS, alerts=0, alerts_passed=0)), "there was no alert"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_each_criterion_can_fail(what: str) -> None:
    """Figures that are sound but for one thing are told of with that one thing, and with nothing else."""
    figures, told = BROKEN[what]
    found = findings(figures)
    assert len(found) == 1, found
    assert told in found[0]
