"""Firings become episodes: `for`, `quiet`, revisions, and ids that anyone can compute again."""

from __future__ import annotations

from typing import Any

import pytest
from small_pack import small_pack

from detectors.alert import alert_id
from detectors.episodes import REVISION_TICKS, Episodes, Firing
from detectors.rules import Rule


def rule(**changed: Any) -> Rule:
    """A rule on a one-minute window."""
    sound = {"id": "busy", "title": "busy", "entity": "account", "on": "tick", "when": ["requests_1m > 3"]}
    return small_pack([sound | changed]).rules[0]


def settled(one: Rule, ticks: list[int], missed: frozenset[int] = frozenset()) -> list[tuple[int, int, int]]:
    """(tick, start, revision) of what is told when a rule fires at these ticks, with evaluations missed before some."""
    episodes, evaluated, found = Episodes(), 0, []
    for tick in ticks:
        evaluated += 1 + (tick in missed)
        raised = episodes.settle([Firing(one, "account", "a", tick, evaluated, 0)])
        found += [(tick, r.start, r.revision) for r in raised]
    return found


def test_the_first_firing_is_told_at_once() -> None:
    """Without `for` an episode is told of at its first firing tick, and not again at the next ones."""
    assert settled(rule(), [5, 6, 7, 8]) == [(5, 5, 1)]


def test_a_running_episode_is_told_of_every_ten_minutes() -> None:
    """The revision rises at the first firing tick ten minutes after the last revision."""
    ticks = [0, 30, 59, 61, 62, 100, 121, 122]
    assert settled(rule(), ticks) == [(0, 0, 1), (61, 0, 2), (121, 0, 3)]
    assert REVISION_TICKS == 60


@pytest.mark.parametrize(("gap", "episodes"), [(11, 1), (12, 2), (13, 2)])
def test_quiet_ends_an_episode(gap: int, episodes: int) -> None:
    """Once two minutes have passed since the last firing tick, the next one begins another episode."""
    found = settled(rule(quiet="2m"), [0, gap])
    assert found == [(0, 0, 1), (gap, gap, 1)][:episodes]


def test_for_needs_to_last() -> None:
    """`for: 30s` is told of at the first firing tick 30 s after the start, which stays the start."""
    assert settled(rule(**{"for": "30s"}), [10, 11, 12]) == []
    assert settled(rule(**{"for": "30s"}), [10, 11, 12, 13]) == [(13, 10, 1)]


def test_for_begins_anew_after_a_turn_that_did_not_fire() -> None:
    """Every turn since the start must fire: an evaluation between that did not is the end of the wait."""
    assert settled(rule(**{"for": "30s"}), [10, 11, 12, 13, 14, 15], frozenset({12})) == [(15, 12, 1)]


@pytest.mark.parametrize(("gap", "told"), [(6, True), (7, False)])
def test_for_allows_gaps_up_to_the_shortest_window(gap: int, told: bool) -> None:
    """An entity may be silent within `for` no longer than the rule's shortest window, here one minute."""
    assert bool(settled(rule(**{"for": "30s"}), [10, 10 + gap])) is told


def test_for_holds_only_until_the_first_revision() -> None:
    """A running episode is not asked to last again, and turns that do not fire do not end it."""
    one = rule(**{"for": "20s"}, quiet="1h")
    assert settled(one, [0, 1, 2, 70], frozenset({70})) == [(2, 0, 1), (70, 0, 2)]


def test_a_graver_rule_is_told_of_at_once() -> None:
    """Severity that rises within an episode is news; severity that falls is none."""
    episodes = Episodes()
    told = [bool(episodes.settle([Firing(rule(severity=severity), "account", "a", tick, tick, 0)]))
            for tick, severity in enumerate(["low", "low", "high", "low", "high", "critical"])]  # fmt: skip
    assert told == [True, False, True, False, False, True]


def test_entities_and_rules_are_kept_apart() -> None:
    """The same tick of another entity, kind or rule is an episode of its own."""
    episodes, other = Episodes(), rule(id="other")
    firings = [Firing(rule(), "account", "a", 0, 1, 0), Firing(rule(), "account", "b", 0, 1, 1),
               Firing(rule(), "key", "a", 0, 1, 0), Firing(other, "account", "a", 0, 1, 0)]  # fmt: skip
    assert len(episodes.settle(firings)) == 4


def test_ids_are_stable() -> None:
    """An id is of the detector, the entity and the start, for good: changing this breaks every ledger."""
    found = alert_id("mining-pool-contact", "workload", "acme\x1fpod-1", 177_244_200)
    assert found == "2e7c6144-2193-5eac-993c-00465e220745"
    pod = ("workload", "acme\x1fpod-1")
    others = {alert_id("x", *pod, 177_244_200), alert_id("mining-pool-contact", *pod, 1)}
    others |= {
        alert_id("mining-pool-contact", kind, name, 177_244_200) for kind, name in (("key", pod[1]), (pod[0], "a"))
    }
    assert len(others | {found}) == 5


def test_sweeping_forgets_only_what_is_over() -> None:
    """After a sweep an episode that could go on goes on, and one that could not is gone."""
    for newest, kept in ((11, 1), (12, 0)):
        episodes = Episodes()
        episodes.settle([Firing(rule(quiet="2m"), "account", "a", 0, 1, 0)])
        episodes.sweep(lambda kind, entity, newest=newest: newest)  # type: ignore[misc]
        assert len(episodes.held) == kept
