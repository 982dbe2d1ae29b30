"""How many reports are taken: of one address, and of all together; urgent ones by limits of their own."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """A bucket of `burst` reports, into which one comes back each `every_ms`: in a span no more than burst + span /
    every_ms.
    """

    burst: int
    every_ms: int

    @property
    def whole_ms(self) -> int:
        """How long an empty bucket takes to be full."""
        return self.burst * self.every_ms


@dataclass(frozen=True)
class Rates:
    """Of each address, and of all of them together."""

    address: Rate
    together: Rate


class Limits:
    """The buckets, told the time (ms of a clock that never runs backwards).

    A bucket is the time at which it will be full (the generic cell rate algorithm). One that is full again is
    forgotten, and an address gets one only for a report that was let through: there are never more of them than
    `together` lets through while an address's bucket fills, whoever asks from however many addresses.
    """

    def __init__(self, ordinary: Rates, urgent: Rates) -> None:
        self._doors = {False: _Door(ordinary), True: _Door(urgent)}

    def ask(self, address: bytes, urgent: bool, now_ms: int) -> int:
        """0 where the report may come, which is counted; else how long to wait, ms, and nothing is counted."""
        return self._doors[urgent].ask(address, now_ms)

    @property
    def kept(self) -> int:
        """How many addresses are remembered."""
        return sum(door.kept for door in self._doors.values())


class _Door:
    def __init__(self, rates: Rates) -> None:
        self._rates, self._together = rates, 0
        self._addresses: OrderedDict[bytes, int] = OrderedDict()

    def ask(self, address: bytes, now_ms: int) -> int:
        self._forget(now_ms)
        mine = _full_then(self._addresses.get(address, 0), self._rates.address, now_ms)
        everybodys = _full_then(self._together, self._rates.together, now_ms)
        wait = max(_wait(mine, self._rates.address, now_ms), _wait(everybodys, self._rates.together, now_ms))
        if not wait:
            self._together, self._addresses[address] = everybodys, mine
            self._addresses.move_to_end(address)
        return wait

    def _forget(self, now_ms: int) -> None:
        """Those that are full, among the ones used longest ago: after `whole_ms` without use every one is."""
        while self._addresses and next(iter(self._addresses.values())) <= now_ms:
            self._addresses.popitem(last=False)

    @property
    def kept(self) -> int:
        return len(self._addresses)


def _full_then(full_ms: int, rate: Rate, now_ms: int) -> int:
    """When the bucket will be full, with one more taken out."""
    return max(full_ms, now_ms) + rate.every_ms


def _wait(full_ms: int, rate: Rate, now_ms: int) -> int:
    return max(0, full_ms - rate.whole_ms - now_ms)
