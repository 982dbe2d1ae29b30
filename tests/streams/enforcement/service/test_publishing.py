"""Decisions are published in order, at least once, and restricted ones never."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from cluster_alerts import TEMPLATE, cluster_alert
from playing import BEGIN_MS, Play, made_alert

from streams.enforcement.ledger.transaction import FencedOff
from streams.enforcement.service import publishing
from streams.enforcement.service.publishing import Publishing


class Topic:
    """A topic that may be away."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bytes]] = []
        self.away = False

    def tell(self, decisions: Sequence[tuple[str, bytes]]) -> None:
        if self.away:
            raise OSError("away")
        self.told += decisions


def pods(play: Play, first: int, last: int) -> None:
    play.alert(*(made_alert("miner", "mining", workload=f"pod-{number}") for number in range(first, last)))


def ids(topic: Topic) -> list[str]:
    return [json.loads(value)["entity_id"] for _, value in topic.told]


def test_each_is_told_in_order(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """All decisions are told by account, in order, a batch at a time, and none twice."""
    monkeypatch.setattr(publishing, "MOST", 3)
    topic = Topic()
    pods(play, 0, 5)
    one = Publishing(play.ledger, "decisions", topic.tell)
    assert [one.turn(BEGIN_MS), one.turn(BEGIN_MS), one.turn(BEGIN_MS)] == [3, 2, 0]
    pods(play, 5, 6)
    assert Publishing(play.ledger, "decisions", topic.tell).turn(BEGIN_MS) == 1
    assert ids(topic) == [f"pod-{number}" for number in range(6)]
    assert {account for account, _ in topic.told} == {"acme"}
    told = json.loads(topic.told[0][1])
    assert (told["outcome"], told["reason"], told["decided_at"]) == ("act", "ladder", "2026-05-28T20:26:40.000Z")


def test_one_about_a_cluster_is_keyed_by_it_and_names_no_account(play: Play) -> None:
    """Its decisions stay in order in one partition, and nobody reads them as an account's."""
    topic = Topic()
    play.alert(cluster_alert(["acme"]))
    assert Publishing(play.ledger, "decisions", topic.tell).turn(BEGIN_MS) == 1
    ((name, value),) = topic.told
    told = json.loads(value)
    assert (name, told["cluster"], told["account_id"], told["reason"]) == (TEMPLATE, TEMPLATE, None, "cluster")


def test_what_was_not_taken_comes_again(play: Play) -> None:
    """Where the topic is away, or another has taken over before it was noted, decisions come again."""
    topic, one = Topic(), None
    pods(play, 0, 2)
    one = Publishing(play.ledger, "decisions", topic.tell)
    topic.away = True
    with pytest.raises(OSError, match="away"):
        one.turn(BEGIN_MS)
    topic.away, play.ledger.fence = False, 99
    with pytest.raises(FencedOff):
        one.turn(BEGIN_MS)
    play.ledger.fence = None
    one.turn(BEGIN_MS)
    assert ids(topic) == ["pod-0", "pod-1"] * 2


def test_restricted_ones_stay(play: Play) -> None:
    """A decision on a restricted alert is passed, and not told."""
    topic = Topic()
    play.alert(made_alert("miner", "mining", workload="secret", restricted=True))
    pods(play, 0, 1)
    assert Publishing(play.ledger, "decisions", topic.tell).turn(BEGIN_MS) == 2
    assert ids(topic) == ["pod-0"]
