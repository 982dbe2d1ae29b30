"""A stream of some hours whose every alert is known beforehand: accounts called for what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from worker.chaos.known_kin import asked

from detectors.alert import alert_id
from features.ticks import HOUR_MS, TICK_MS
from streams.alert_lines import rfc3339
from streams.worker.produce.closing import heartbeat

START = 1_772_409_600_000
"""A whole hour, and a whole day; ms."""

BLOCK_MS = 2 * HOUR_MS
"""After so long every account begins its pattern again."""

Told = tuple[str, int]
"""An alert's id and revision."""

_MINUTE = 60_000
_STEADY_TICKS, _STEADY_FROM = 240, 6
_BAD_EVERY_MS = 7 * _MINUTE


@dataclass(frozen=True)
class Record:
    """What is to be written. account: its key, None for none; stamp: in ms; bad: whether it makes no event."""

    stamp: int
    account: str | None
    value: bytes
    bad: bool = False


@dataclass(frozen=True)
class KnownStream:
    """lanes: accounts of each kind; blocks: of two hours each."""

    lanes: int
    blocks: int

    @property
    def end(self) -> int:
        """When its last block is over; ms."""
        return START + self.blocks * BLOCK_MS

    def records(self) -> list[Record]:
        """All of it in order of time, bad records among it."""
        lanes = (one for lane in range(self.lanes) for one in self._lane(lane))
        ordered = sorted([*lanes, *asked(START, self.end)], key=lambda one: one[:2])
        good = [Record(time, account, _line(number, time, account, more))
                for number, (time, account, more) in enumerate(ordered)]  # fmt: skip
        return sorted([*good, *self._bad()], key=lambda one: one.stamp)

    def _lane(self, lane: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
        for kind, times in _TIMES.items():
            for time in times(lane, self.blocks):
                yield time, f"acct-{lane}-{kind}", _MORE[kind]

    def _bad(self) -> Iterator[Record]:
        for number, time in enumerate(range(START + _BAD_EVERY_MS, self.end, _BAD_EVERY_MS)):
            yield Record(time, f"acct-{number % self.lanes}-calm", b'{"id": "bad-%d", oops' % number, bad=True)

    def expected(self) -> set[Told]:
        """The alerts under the first pack, in closed form."""
        return {told for lane in range(self.lanes) for told in self._expected(lane)}

    def _expected(self, lane: int) -> Iterator[Told]:
        for block in range(self.blocks):
            yield from _episode("chaos-steady", f"acct-{lane}-steady", *_steady(lane, block))
            yield from _episode("chaos-program", f"acct-{lane}-program", START + block * BLOCK_MS + lane * 1000, 3)
            for burst in range(6):
                start = START + block * BLOCK_MS + burst * 20 * _MINUTE + lane * TICK_MS
                yield from _episode("chaos-burst", f"acct-{lane}-burst", start, 1)
        # 35 calls within seven panes of ten minutes: at the 35th, and at every fifth from then on.
        calls = self.blocks * BLOCK_MS // (2 * _MINUTE)
        start = START + 34 * 2 * _MINUTE + lane * 1000
        yield from _episode("chaos-lasting", f"acct-{lane}-lasting", start, 1 + (calls - 35) // 5)

    def afterwards(self) -> dict[tuple[str, int], Told]:
        """What the second pack adds, if it is in force then: by account and time (ms) of the event."""
        found = {}
        for lane in range(self.lanes):
            account = f"acct-{lane}-later"
            for time in _later(lane, self.blocks):
                (found[account, time],) = _episode("chaos-later", account, time, 1)
        return found


def closings(stream: KnownStream) -> list[Record]:
    """The heartbeats that close every turn, and then its minute; they are due in every partition."""
    stamps = (stream.end + 3 * TICK_MS, stream.end + 3 * TICK_MS + _MINUTE)
    return [Record(stamp, None, heartbeat(stamp)) for stamp in stamps]


def _episode(rule: str, account: str, start: int, revisions: int) -> Iterator[Told]:
    name = alert_id(rule, "account", account, start // TICK_MS)
    return ((name, revision) for revision in range(1, revisions + 1))


def _steady(lane: int, block: int) -> tuple[int, int]:
    """Firing from the seventh tick on; told of when that is 5 minutes ago, and every 10 minutes from then on."""
    start = START + block * BLOCK_MS + lane * 3 * _MINUTE + _STEADY_FROM * TICK_MS
    firing_after_first_told = _STEADY_TICKS - 1 - _STEADY_FROM - 30
    return start, 1 + firing_after_first_told // 60


def _steady_times(lane: int, blocks: int) -> Iterator[int]:
    for block in range(blocks):
        start = START + block * BLOCK_MS + lane * 3 * _MINUTE
        yield from range(start, start + _STEADY_TICKS * TICK_MS, TICK_MS)


def _lasting(lane: int, blocks: int) -> Iterator[int]:
    return iter(range(START + lane * 1000, START + blocks * BLOCK_MS, 2 * _MINUTE))


def _burst(lane: int, blocks: int, calls: int = 6) -> Iterator[int]:
    for start in range(START + lane * TICK_MS, START + blocks * BLOCK_MS, 20 * _MINUTE):
        yield from range(start, start + calls * 1000, 1000)


def _calm(lane: int, blocks: int) -> Iterator[int]:
    return _burst(lane, blocks, 5)


def _program(lane: int, blocks: int) -> Iterator[int]:
    for block in range(blocks):
        yield from (START + block * BLOCK_MS + lane * 1000 + minute * _MINUTE for minute in (0, 4, 10, 20))


def _later(lane: int, blocks: int) -> Iterator[int]:
    return iter(range(START + 11 * _MINUTE + lane * 1000, START + blocks * BLOCK_MS, 30 * _MINUTE))


_TIMES = {"steady": _steady_times, "lasting": _lasting, "burst": _burst, "calm": _calm, "program": _program,
          "later": _later}  # fmt: skip
_MORE: dict[str, dict[str, Any]] = {
    "steady": {"type": "inference", "operation": "steady"},
    "lasting": {"type": "inference", "operation": "lasting"},
    "burst": {"type": "inference", "operation": "burst"},
    "calm": {"type": "inference", "operation": "burst"},
    "program": {"type": "process", "workload_id": "w", "process": "doomsday"},
    "later": {"type": "process", "workload_id": "w", "process": "afterwards"},
}


def _line(number: int, time: int, account: str, more: dict[str, Any]) -> bytes:
    return json.dumps({"id": f"e{number}", "time": rfc3339(time), "account_id": account, **more}).encode()
