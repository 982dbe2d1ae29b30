"""Account facts come into the ledger."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from playing import BEGIN_MS, Play

from features.ticks import HOUR_MS
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.facts_taking import AHEAD_MS, BATCH, TakenFacts, Unlisted, take_all, take_facts
from streams.enforcement.ledger.rows import facts_of
from streams.enforcement.policy.facts import Facts

OLD = Facts("one", BEGIN_MS - 2_000, "pro", "o@one.example", 1, 5.0, False, 0, None, frozenset({"db"}))
NEW = replace(OLD, as_of_ms=BEGIN_MS - 1_000, plan="enterprise")


def taken(play: Play, *told: Facts) -> TakenFacts:
    with play.ledger.writing(play.now_ms) as tx:
        return take_facts(tx, told)


def known(play: Play, account: str = "one") -> Facts:
    (row,) = play.rows(schema.facts, schema.facts.c.account_id == account)
    return facts_of(row)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("told", list(itertools.permutations([OLD, NEW, OLD])))
def test_the_newest_facts_are_what_is_known(play: Play, told: tuple[Facts, ...], together: bool) -> None:
    """In whatever order they come, at once or one by one, the newest facts are known in the end, whole."""
    for batch in [told] if together else [[one] for one in told]:
        taken(play, *batch)
    assert known(play) == NEW


def test_what_came_of_each_is_counted(play: Play) -> None:
    """New, changed, same, older and too early ones are told apart."""
    early = replace(OLD, account_id="early", as_of_ms=play.now_ms + AHEAD_MS + 1)
    assert taken(play, OLD, early) == TakenFacts(new=1, early=["early"])
    assert taken(play, NEW) == TakenFacts(changed=1)
    assert taken(play, NEW, OLD) == TakenFacts(same=1, older=1)
    later = replace(NEW, as_of_ms=NEW.as_of_ms + 1)
    assert taken(play, later) == TakenFacts(same=1)
    assert known(play) == later


def test_who_leaves_the_allow_list_is_named(play: Play) -> None:
    """An account that was allow-listed and is no longer is named; one whose listing was over is not."""
    taken(play, replace(OLD, allow_listed_until_ms=play.now_ms + 1))
    assert taken(play, NEW).unlisted == [Unlisted("one", play.now_ms + 1, None)]
    taken(play, replace(OLD, account_id="two", allow_listed_until_ms=play.now_ms))
    assert taken(play, replace(NEW, account_id="two")).unlisted == []


@pytest.mark.parametrize("shorter", [0, 1, HOUR_MS])
def test_an_import_leaves_everybody_on_the_allow_list(play: Play, shorter: int) -> None:
    """Facts that end or shorten an account's time on it change all else; that time stays, and is told."""
    until = play.now_ms + HOUR_MS
    taken(play, replace(OLD, allow_listed_until_ms=until))
    told = replace(NEW, allow_listed_until_ms=until - shorter or None)
    (found,) = take_all(play.ledger, [told], play.now_ms)
    assert found.unlisted == ([Unlisted("one", until, until - shorter)] if shorter else [])
    assert known(play) == replace(NEW, allow_listed_until_ms=until)


def test_many_are_taken_in_batches(play: Play) -> None:
    """Each batch is a transaction of its own, after which is told how far it is; all are known in the end."""
    many = [replace(OLD, account_id=f"n{number}") for number in range(BATCH + 5)]
    assert [one.total for one in map(replace, take_all(play.ledger, many, play.now_ms))] == [BATCH, BATCH + 5]
    assert len(play.rows(schema.facts)) == BATCH + 5 + 1
