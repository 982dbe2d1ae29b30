"""The acts of an ordeal in their order: the long form, and the short one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from worker.chaos import hardships
from worker.chaos.crew import Hand
from worker.chaos.doom_places import PLACES
from worker.chaos.ordeal import Ordeal, Row

Act = tuple[str, Callable[[], str]]
"""What it is called, and what it does."""

_FROZEN = "is stopped past its session (SIGSTOP), and goes on"
_CLUSTERS = "second stage: "


def short(of: Ordeal) -> list[Act]:
    """At least eight kills of workers, six of the second stage, and one of almost everything else."""
    (one, two), (third,) = of.hands, of.cluster_hands
    return [
        _together(of, (one, "told:2"), (third, "telling:1")),
        _together(of, (two, "manifest:4"), (third, "told:2")),
        ("a new pack is published", lambda: hardships.published(of)),
        (f"a worker {_FROZEN}", lambda: hardships.frozen(of, two)),
        ("all snapshots are lost", lambda: hardships.snapshots_lost(of)),
        ("SIGTERM under load", lambda: hardships.all_ended(of, (one, third))),
        ("the broker is killed", lambda: hardships.broker_gone(of, kill=True)),
        _together(of, (one, "restored:2"), (third, "parts:2")),
        ("a fetch position jumps", lambda: hardships.jumped(of, two)),
    ]  # fmt: skip


def long(of: Ordeal, snapshots: Path) -> list[Act]:
    """At least thirty kills of workers and as many of the second stage; snapshots: a folder for them."""
    (one, two), (three, four) = of.hands, of.cluster_hands
    return [
        *_dooms(of, "told:3 marked:5 stepping:20 committed:4 manifest:4 parts:6"),
        *_cluster_dooms(of, "told:1 marked:2 stepping:4 committed:2"),
        (f"a worker {_FROZEN}", lambda: hardships.frozen(of, one)),
        (f"{_CLUSTERS}a process {_FROZEN}", lambda: hardships.frozen(of, three)),
        *_dooms(of, "telling:4 restored:3"),
        *_cluster_dooms(of, "manifest:2 parts:3"),
        ("SIGTERM under load", lambda: hardships.all_ended(of, (two, four))),
        ("a new pack is published", lambda: hardships.published(of, by_command=True)),
        _together(of, (one, "seeking:1"), (three, "telling:1")),
        _together(of, (two, "told:1"), (four, "restored:1")),
        _doom_in_a_rebalance(of, one, "revoked:1"),
        _doom_in_a_rebalance(of, two, "seeking:2"),
        _doom_in_a_rebalance(of, three, "revoked:1"),
        ("the broker is stopped and started", lambda: hardships.broker_gone(of, kill=False)),
        _together(of, (one, "marked:1"), (three, "told:1")),
        _together(of, (two, "parts:1"), (four, "seeking:1")),
        ("all snapshots are lost", lambda: hardships.snapshots_lost(of)),
        *_dooms(of, "restored:1 stepping:60"),
        *_cluster_dooms(of, "restored:2 stepping:8"),
        ("the broker is killed", lambda: hardships.broker_gone(of, kill=True)),
        ("a fetch position jumps", lambda: hardships.jumped(of, one)),
        ("snapshots go into a folder, empty yet",
         lambda: hardships.told_otherwise(of, "--snapshots", str(snapshots))),
        _together(of, (one, "half-written:3"), (three, "half-written:2")),
        _together(of, (two, "told:2"), (four, "telling:1")),
        ("back to the topic and its old snapshots, with lasting names",
         lambda: hardships.told_otherwise(of, lasting=True)),
        _together(of, (one, "telling:1"), (three, "manifest:1")),
        _together(of, (two, "manifest:1"), (four, "marked:1")),
        ("a rolling restart with lasting names", lambda: hardships.all_ended(of, of.everybody)),
        (f"a worker {_FROZEN}", lambda: hardships.frozen(of, two)),
        (f"{_CLUSTERS}a process {_FROZEN}", lambda: hardships.frozen(of, four)),
        ("SIGTERM under load", lambda: hardships.all_ended(of, (one, three))),
    ]  # fmt: skip


def play(of: Ordeal, acts: list[Act], heard: Callable[[Row], None] = lambda row: None) -> None:
    """All acts in their order, the stream let in act by act; `heard` hears of each."""
    for number, (name, act) in enumerate(acts, 1):
        heard(of.play(name, act, number / len(acts)))


def _dooms(of: Ordeal, dooms: str) -> list[Act]:
    return [_doom(of, of.hands[number % 2], doom) for number, doom in enumerate(dooms.split())]


def _cluster_dooms(of: Ordeal, dooms: str) -> list[Act]:
    return [_doom(of, of.cluster_hands[number % 2], doom) for number, doom in enumerate(dooms.split())]


def _doom(of: Ordeal, hand: Hand, doom: str) -> Act:
    stage = _CLUSTERS if hand.command == "clusters" else ""
    return f"{stage}kill -9; kill -9 {_place(doom)}", lambda: hardships.doomed(of, hand, doom)


def _together(of: Ordeal, *dooms: tuple[Hand, str]) -> Act:
    """A worker and a process of the second stage."""
    places = f"; {_CLUSTERS}".join(_place(doom) for _, doom in dooms)
    return f"both stages: kill -9; kill -9 {places}", lambda: hardships.doomed_together(of, dooms)


def _doom_in_a_rebalance(of: Ordeal, hand: Hand, doom: str) -> Act:
    name, _ = _doom(of, hand, doom)
    return f"{name}, in a rebalance", lambda: hardships.doomed_in_a_rebalance(of, hand, doom)


def _place(doom: str) -> str:
    name, _, nth = doom.partition(":")
    return f"{PLACES[name].what} (pass {nth})"
