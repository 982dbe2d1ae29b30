"""The acts of an ordeal in their order: the long form, and the short one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from worker.chaos import hardships
from worker.chaos.doom_places import PLACES
from worker.chaos.ordeal import Ordeal, Row

Act = tuple[str, Callable[[], str]]
"""What it is called, and what it does."""

_FROZEN = "a worker is stopped past its session (SIGSTOP), and goes on"


def short(of: Ordeal) -> list[Act]:
    """At least eight kills, and one of almost everything else."""
    one, two = of.hands
    return [
        *_dooms(of, "told:3 manifest:4"),
        ("a new pack is published", lambda: hardships.published(of)),
        *_dooms(of, "stepping:15"),
        (_FROZEN, lambda: hardships.frozen(of, two)),
        ("all snapshots are lost", lambda: hardships.snapshots_lost(of)),
        ("SIGTERM under load", lambda: hardships.ended(of, one)),
        ("the broker is killed", lambda: hardships.broker_gone(of, kill=True)),
        *_dooms(of, "restored:2"),
        ("a fetch position jumps", lambda: hardships.jumped(of, two)),
    ]  # fmt: skip


def long(of: Ordeal, snapshots: Path) -> list[Act]:
    """At least thirty kills; snapshots: a folder for them."""
    one, two = of.hands
    return [
        *_dooms(of, "told:3 marked:5 stepping:20 committed:4 manifest:4 parts:6"),
        (_FROZEN, lambda: hardships.frozen(of, one)),
        *_dooms(of, "telling:4 restored:3"),
        ("SIGTERM under load", lambda: hardships.ended(of, two)),
        ("a new pack is published", lambda: hardships.published(of, by_command=True)),
        *_dooms(of, "seeking:1 told:1"),
        _doom_in_a_rebalance(of, 0, "revoked:1"),
        _doom_in_a_rebalance(of, 1, "seeking:2"),
        ("the broker is stopped and started", lambda: hardships.broker_gone(of, kill=False)),
        *_dooms(of, "marked:1 parts:1"),
        ("all snapshots are lost", lambda: hardships.snapshots_lost(of)),
        *_dooms(of, "restored:1 stepping:60"),
        ("the broker is killed", lambda: hardships.broker_gone(of, kill=True)),
        ("a fetch position jumps", lambda: hardships.jumped(of, one)),
        ("snapshots go into a folder, empty yet",
         lambda: hardships.told_otherwise(of, "--snapshots", str(snapshots))),
        *_dooms(of, "half-written:3 told:2"),
        ("back to the topic and its old snapshots, with lasting names",
         lambda: hardships.told_otherwise(of, lasting=True)),
        *_dooms(of, "telling:1 manifest:1"),
        ("a rolling restart with lasting names", lambda: hardships.rolling(of)),
        (_FROZEN, lambda: hardships.frozen(of, two)),
        ("SIGTERM under load", lambda: hardships.ended(of, one)),
    ]  # fmt: skip


def play(of: Ordeal, acts: list[Act], heard: Callable[[Row], None] = lambda row: None) -> None:
    """All acts in their order, the stream let in act by act; `heard` hears of each."""
    for number, (name, act) in enumerate(acts, 1):
        heard(of.play(name, act, number / len(acts)))


def _dooms(of: Ordeal, dooms: str) -> list[Act]:
    return [_doom(of, number % 2, doom) for number, doom in enumerate(dooms.split())]


def _doom(of: Ordeal, which: int, doom: str) -> Act:
    name, _, nth = doom.partition(":")
    return f"kill -9; kill -9 {PLACES[name].what} (pass {nth})", lambda: hardships.doomed(of, of.hands[which], doom)


def _doom_in_a_rebalance(of: Ordeal, which: int, doom: str) -> Act:
    name, _ = _doom(of, which, doom)
    return f"{name}, in a rebalance", lambda: hardships.doomed_in_a_rebalance(of, of.hands[which], doom)
