"""Dispositions of cases as labels."""

from __future__ import annotations

import csv
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import BEGIN_MS, Play, made_alert

from streams.alert_lines import rfc3339
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.case_labels import CaseLabel, case_labels, settled
from streams.history.labels_file import read_labels

MINUTE_MS = 60_000


def label(clause: str, guilty: bool, start: int, end: int, closed: int, account: str = "acme") -> CaseLabel:
    return CaseLabel(account, clause, guilty, start, end, closed)


SAID = st.lists(st.builds(
    lambda account, clause, guilty, start, ms, closed: label(clause, guilty, start, start + ms, closed, account),
    st.sampled_from(["a", "b"]), st.sampled_from(["mining", "spam"]), st.booleans(), st.integers(0, 60),
    st.integers(1, 30), st.integers(0, 10),
), max_size=12)  # fmt: skip


@given(SAID)
def test_no_two_labels_contradict_each_other(tmp_path_factory: pytest.TempPathFactory, said: list[CaseLabel]) -> None:
    """Whatever people said of accounts and times, `evaluate` can read the labels that come of it."""
    found = settled(said)
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["account_id", "clause", "start", "end"])
        rows.writerows([one.account_id, one.clause if one.guilty else "", rfc3339(one.start_ms), rfc3339(one.end_ms)]
                       for one in found)  # fmt: skip
    if found:
        assert read_labels(path, ["mining", "spam"]).height == len(found)


@given(SAID, st.randoms())
def test_the_order_of_cases_is_irrelevant(said: list[CaseLabel], random: Random) -> None:
    """The same words in another order make the same spans, as long as no two were said at one time."""
    timed = [label(one.clause, one.guilty, one.start_ms, one.end_ms, number, one.account_id)
             for number, one in enumerate(said)]  # fmt: skip
    mixed = list(timed)
    random.shuffle(mixed)
    assert settled(mixed) == settled(timed)


def test_the_later_word_counts() -> None:
    """An appeal that was granted after a case was closed as a violation leaves the account honest, and the reverse."""
    first, later = label("mining", True, 0, 100, 1), label("mining", False, 50, 150, 2)
    assert settled([first, later]) == [later]
    assert settled([label("mining", True, 0, 100, 3), later]) == [label("mining", True, 0, 100, 3)]


def test_who_broke_one_clause_is_not_honest_meanwhile() -> None:
    """A false alarm about one clause says nothing of an account that broke another at the time."""
    spam, alarm = label("spam", True, 0, 100, 1), label("mining", False, 50, 150, 2)
    assert settled([spam, alarm]) == [spam]
    apart = label("mining", False, 100, 150, 2)
    assert settled([spam, apart]) == [spam, apart]


def test_overlapping_spans_are_joined() -> None:
    """Two cases of one account, clause and time are one label."""
    assert [(one.start_ms, one.end_ms) for one in settled(
        [label("mining", True, 0, 100, 1), label("mining", True, 50, 200, 2)])] == [(0, 200)]  # fmt: skip


def test_a_case_labels_each_account_by_its_own_alerts(play: Play) -> None:
    """A label spans the account's alerts in the case, from the episode's start to the newest firing tick."""
    play.hire("rae", "reviewer")
    play.alert(made_alert("miner", "mining", account="one", at_ms=BEGIN_MS + MINUTE_MS, episode_ms=BEGIN_MS),
               made_alert("miner", "mining", account="two"))  # fmt: skip
    ids = [row["case_id"] for row in play.rows(schema.cases)]
    play.command("rae", "case.close", cases=ids, disposition="violation")
    with play.ledger.reading() as tx:
        found = case_labels(tx, restricted=False)
    assert found.unlabelled == 0
    assert [(one.account_id, one.clause, one.start_ms, one.end_ms) for one in found.labels] == [
        ("one", "mining", BEGIN_MS, BEGIN_MS + MINUTE_MS + 10_000), ("two", "mining", BEGIN_MS, BEGIN_MS + 10_000)
    ]  # fmt: skip
