"""Ten thousand random tamperings below the last checkpoint: each is found."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from chained import body, chained, resealed

from streams.enforcement.audit.chain import GENESIS
from streams.enforcement.audit.verifying import verify

_CHAIN = chained(24, 12)
_TRIES = 10_000

Records = list[tuple[dict[str, object], str]]


def _changed(records: Records, at: int, draw: random.Random) -> Records:
    """Another value somewhere in a record, or in its hash."""
    one, hash = records[at]
    field = draw.choice(("seq", "at_ms", "kind", "by", "body", "hash"))
    if field == "hash":
        digit = draw.randrange(64)
        new = "0123456789abcdef"[(int(hash[digit], 16) + draw.randrange(1, 16)) % 16]
        return [*records[:at], (one, hash[:digit] + new + hash[digit + 1 :]), *records[at + 1 :]]
    old = one[field]
    new_value = old + draw.randrange(1, 9) if isinstance(old, int) else body(-1) if field == "body" else f"{old}x"
    return [*records[:at], ({**one, field: new_value}, hash), *records[at + 1 :]]


def _lost(records: Records, at: int, draw: random.Random) -> Records:
    """Some records in a row deleted."""
    return [*records[:at], *records[at + draw.randrange(1, 4) :]]


def _put_in(records: Records, at: int, draw: random.Random) -> Records:
    """A record that nobody wrote, sealed onto the one before it; those after it are numbered anew or not."""
    one = {**records[at][0], "body": body(draw.randrange(10**6, 10**7))}
    after = [{**r, "seq": r["seq"] + 1} if isinstance(r["seq"], int) else r for r, _ in records[at:]]
    rest = [(r, h) for r, (_, h) in zip(after, records[at:], strict=True)] if draw.random() < 0.5 else records[at:]
    return [*records[:at], *resealed([one], _before(records, at)), *rest]


def _swapped(records: Records, at: int, draw: random.Random) -> Records:
    """Two records that changed places, with their numbers or without."""
    other = draw.choice([i for i in range(len(records)) if i != at])
    found = list(records)
    found[at], found[other] = found[other], found[at]
    if draw.random() < 0.5:
        found[at], found[other] = (({**found[i][0], "seq": i + 1}, found[i][1]) for i in (at, other))
    return found


def _cut(records: Records, at: int, draw: random.Random) -> Records:
    """Everything from there on gone."""
    return records[:at]


def _rewritten(records: Records, at: int, draw: random.Random) -> Records:
    """A record changed, lost or put in, and all after it numbered and sealed anew, without the checkpoints' key."""
    tail = [one for one, _ in records[at:]]
    how = draw.randrange(3)
    if how == 0:
        tail[0] = {**tail[0], "body": body(draw.randrange(10**6, 10**7))}
    elif how == 1:
        del tail[0]
    else:
        tail.insert(0, {**tail[0], "body": body(draw.randrange(10**6, 10**7))})
    tail = [{**one, "seq": at + 1 + index} for index, one in enumerate(tail)]
    return [*records[:at], *resealed(tail, _before(records, at))]


def _before(records: Records, at: int) -> bytes:
    return bytes.fromhex(records[at - 1][1]) if at else GENESIS


_WAYS: list[Callable[[Records, int, random.Random], Records]] = [_changed, _lost, _put_in, _swapped, _cut, _rewritten]


@pytest.mark.parametrize("way", _WAYS, ids=lambda way: way.__name__.strip("_"))
def test_every_tampering_is_found(way: Callable[[Records, int, random.Random], Records]) -> None:
    """At random places of a chain that ends with a checkpoint, whatever is done is found."""
    draw = random.Random(way.__name__)
    missed = []
    for _ in range(-(-_TRIES // len(_WAYS))):
        at = draw.randrange(len(_CHAIN.records))
        tampered = way(_CHAIN.records, at, draw)
        assert tampered != _CHAIN.records
        if verify(tampered, _CHAIN.checkpoints, _CHAIN.keys).ok:
            missed.append((at, tampered))
    assert not missed


def test_what_nobody_touched_is_not_accused() -> None:
    """The chain that all of these begin with is good."""
    assert verify(_CHAIN.records, _CHAIN.checkpoints, _CHAIN.keys).ok
