"""A soak from start to end: processes, load, people, looks, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bridges import everything, until
from broker import Topic
from soak.crew import Crew, crewed
from soak.endings import settled
from soak.feeding import Feeder
from soak.figures import Figures, Look
from soak.hostile import hostile
from soak.misplaced import in_alerts, in_log
from soak.spoilt import SPOILT
from soak.watching import Watch

WARM_UP = 1 / 3
"""The share of a run before memory and series are judged.

Strangers come at a rate that reaches the caps in some 70 s, and what is remembered of those shed (twice the cap) in
some 210 s: a run of ten minutes or more has done both by then, one of five the first. Event types, and with them the
blocks of windows, turn around in less than a second; snapshots come every 30 s.
"""

A_MILLION_IN_S = 1_800
"""In how long a million hostile values must come, s."""

_LOOK_S, _COMMAND_S = 2.0, 20.0


def soak(bootstrap: str, topic: Topic, folder: Path, seconds: float, seed: int,
         told: Callable[[float], None] = lambda _: None) -> tuple[Figures, int]:  # fmt: skip
    """Run one; gives its figures and how many health checks were asked. told: hears the share done."""
    with crewed(bootstrap, topic, folder) as crew:
        watch = Watch(crew.addresses, {name: one.pid for name, one in crew.processes.items()})
        try:
            until(lambda: _all_well(crew, watch), "all processes ready", 120)
            return _watched(crew, watch, seconds, seed, told), watch.checks
        finally:
            watch.close()


def _all_well(crew: Crew, watch: Watch) -> bool:
    assert not (ended := crew.ended()), (ended, [crew.said(name)[-2000:] for name in crew.processes])
    return not any(watch.look(name, 0.0).unwell for name in crew.addresses)


def _watched(crew: Crew, watch: Watch, seconds: float, seed: int, told: Callable[[float], None]) -> Figures:
    feeder = Feeder(crew.site.bootstrap, crew.site.names["events"], seed)
    feeder.start()
    looks, commands = _looks(crew, watch, seconds, told)
    feeder.finish()
    ended = crew.ended()
    ends = settled(crew, watch, feeder.acknowledged, commands)
    ended += crew.ended() or crew.stop()
    return Figures(seed, seconds, seconds * WARM_UP, looks, ends, feeder.hostile,
                   int(1_000_000 * seconds / A_MILLION_IN_S), frozenset(map(str, SPOILT)), _misplaced(crew),
                   list(dict.fromkeys(ended)))  # fmt: skip


def _looks(crew: Crew, watch: Watch, seconds: float, told: Callable[[float], None]) -> tuple[list[Look], int]:
    """Look at all until the time is over, a person asking for something now and then; how often they did."""
    begun, looks, commands = time.monotonic(), list[Look](), 0
    while (at_s := time.monotonic() - begun) < seconds and not crew.ended():
        looks += [watch.look(name, at_s) for name in crew.addresses]
        if at_s >= commands * _COMMAND_S:
            crew.post.command("ada", "case.open", title=hostile(commands, commands)[:200])
            commands += 1
        told(at_s / seconds)
        time.sleep(max(begun + at_s + _LOOK_S - time.monotonic(), 0.0))
    return looks, commands


def _misplaced(crew: Crew) -> list[str]:
    said = [found for name in crew.logs for found in in_log(name, crew.said(name), name != "receiver")]
    topics = [crew.site.names[name] for name in ("alerts", "restricted_alerts")]
    alerts = [one for topic in topics for one in everything(crew.site.bootstrap, topic)]
    return [*said, *in_alerts(one.value for one in alerts if dict(one.headers).get("kind") == b"alert")]
