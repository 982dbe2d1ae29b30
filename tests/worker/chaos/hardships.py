"""What is done to both stages, their snapshots and their broker; each says in words what came of it."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from worker.chaos.crew import ENDS_WITHIN_S, Hand
from worker.chaos.no_teeth import JUMPED
from worker.chaos.ordeal import Ordeal

_DIES_WITHIN_S, _TAKES_OVER_S = 40.0, 60.0
_LETS_IN_AFTER_S, _MORE = 10.0, 0.04
"""After how long a doomed one is given more to do, and how large a share of the stream."""


def doomed(of: Ordeal, hand: Hand, doom: str) -> str:
    """Kill one at a random moment, and have its follower die at a place; doom: PLACE:NTH."""
    of.wait()
    hand.kill()
    hand.start(doom)
    return _dies(of, hand)


def doomed_together(of: Ordeal, dooms: Sequence[tuple[Hand, str]]) -> str:
    """The same with one of each stage at once: what the worker told of ties is told again, cut otherwise."""
    of.wait()
    for hand, _ in dooms:
        hand.kill()
    for hand, doom in dooms:
        hand.start(doom)
    return "; ".join(f"{hand.name} {_dies(of, hand)}" for hand, _ in dooms)


def doomed_in_a_rebalance(of: Ordeal, hand: Hand, doom: str) -> str:
    """The same, once the other one was killed and followed by another, so that partitions go from hand to hand."""
    of.wait()
    hand.kill()
    hand.start(doom)
    hand.wait_assigned()
    other = _other(of, hand)
    other.kill()
    other.tend()
    return _dies(of, hand)


def _other(of: Ordeal, hand: Hand) -> Hand:
    """Whoever shares the partitions with it."""
    return next(one for one in of.everybody if one is not hand and one.command == hand.command)


def _reached(of: Ordeal, hand: Hand) -> str | None:
    """Where it died; while it has not got there, more is let in: its sibling may have done all that there was."""
    place = hand.dies(_LETS_IN_AFTER_S)
    for _ in range(round(_DIES_WITHIN_S / _LETS_IN_AFTER_S) - 1):
        if place is not None or not hand.alive:
            break
        of.feeder.let_on(_MORE)
        place = hand.dies(_LETS_IN_AFTER_S)
    return place


def _dies(of: Ordeal, hand: Hand) -> str:
    place = _reached(of, hand)
    if place is None:
        of.missed += 1
        hand.kill()
    hand.tend()
    return "died there" if place else "not reached; killed by hand"


def frozen(of: Ordeal, hand: Hand) -> str:
    """Stop one past its session, until the other one has its partitions; then let it go on."""
    other = _other(of, hand)
    hand.wait_assigned()
    other.wait_assigned()
    had = other.assignments()
    hand.signal(signal.SIGSTOP)
    try:
        other.wait_assigned(_TAKES_OVER_S, had)
    finally:
        hand.signal(signal.SIGCONT)
    return "the other one had taken its partitions"


def ended(of: Ordeal, hand: Hand) -> str:
    """SIGTERM under load, and another one."""
    hand.wait_assigned()
    took = hand.terminate()
    if took > ENDS_WITHIN_S:
        of.problems.append(f"{hand.name} took {took:.1f} s to end after SIGTERM")
    hand.tend()
    return f"ended after {took:.1f} s"


def all_ended(of: Ordeal, hands: Sequence[Hand]) -> str:
    """The same with some, one after the other: with lasting names a rolling restart."""
    return "; ".join(f"{hand.name} {ended(of, hand)}" for hand in hands)


def told_otherwise(of: Ordeal, *arguments: str, lasting: bool = False) -> str:
    """All killed at once, and followed by others with other arguments; lasting: and with lasting names."""
    _all_killed(of)
    for hand in of.everybody:
        hand.arguments = (*arguments, *(("--instance", hand.name) if lasting else ()))
        hand.start()
    return "all killed at once"


def snapshots_lost(of: Ordeal) -> str:
    """All killed, and all their snapshots gone."""
    _all_killed(of)
    of.stage.lose_snapshots()
    of.tend()
    return "all killed, the topic deleted and made anew"


def broker_gone(of: Ordeal, kill: bool) -> str:
    """The broker stops, or is killed, and comes back."""
    assert of.broker is not None
    end = of.broker.kill if kill else of.broker.stop
    end()
    of.broker.start()
    return "killed and started" if kill else "stopped and started"


def published(of: Ordeal, by_command: bool = False) -> str:
    """The second edition of the pack is ordered in the log."""
    if by_command:
        of.stage.publish_by_command(of.second)
        return "by tipstaff pack publish"
    of.stage.publish(of.second)
    return "ordered in every partition"


def jumped(of: Ordeal, hand: Hand) -> str:
    """A worker whose fetch position jumps ahead by itself, once."""
    hand.kill()
    hand.start(faults="jumping")
    done = hand.says(JUMPED, _DIES_WITHIN_S)
    of.missed += not done
    return "40 records ahead, in one partition" if done else "there was nothing to jump in"


def _all_killed(of: Ordeal) -> None:
    of.wait()
    for hand in of.everybody:
        hand.kill()
