"""What the soak sends is what it says: distinct, marked, sound where it must be, and refused for the stated reason."""

from __future__ import annotations

import json

import pytest
from soak.hostile import MARKER, NAMES, TEXTS, hostile, hostile_name
from soak.spoilt import NOT_HERE, SPOILT, spoilt
from soak.traffic import attack, honest, miner

from streams.codec import Codec
from streams.dead_letters import Reason
from streams.pack import read_pack

NOW_MS = 1_772_409_600_000
AHEAD_IS_TOLD_LATER = Reason.AHEAD_OF_STAMP
"""By the log, which knows stamps; the codec does not."""


def test_hostile_values_are_distinct_and_marked() -> None:
    """No two numbers give the same value in any flavour, and each holds the marker."""
    values = [hostile(n, salt) for n in range(5_000) for salt in (0, 3)] + [hostile_name(n) for n in range(5_000)]
    assert len({hostile(n) for n in range(5_000)}) == len({hostile_name(n) for n in range(5_000)}) == 5_000
    assert all(MARKER in one for one in values)
    assert len({hostile(7, salt) for salt in range(len(TEXTS))}) == len(TEXTS)
    assert len(NAMES) > 5


def test_what_is_to_be_taken_is_taken() -> None:
    """The codec takes every honest, mining and hostile event, however hostile its strings are."""
    codec = Codec(read_pack().columns)
    sent = [make(number, NOW_MS) for number in range(300) for make in (honest, miner, attack)]
    found = codec.decode_records([one.value for one in sent])
    assert [(one.reason, one.detail) for one in found.dead] == []
    assert found.frame.height == len(sent)


def test_what_an_attack_counts_stands_in_it() -> None:
    """As many different values as an attack says it brings hold the marker, and none is another's."""
    seen = set[str]()
    for number in range(240):
        sent = attack(number, NOW_MS)
        event = json.loads(sent.value)
        marked = {text for text in (*event, *event.values()) if isinstance(text, str) and MARKER in text}
        assert len(marked) == sent.hostile > 15
        assert not seen & marked
        seen |= marked


@pytest.mark.parametrize("number", range(len(SPOILT)))
def test_a_spoilt_record_is_refused_for_its_reason(number: int) -> None:
    """Each spoilt record alone is a dead letter of the reason it stands for."""
    reason, record = spoilt(number, NOW_MS)
    dead = Codec(read_pack().columns).decode_records([record]).dead
    assert [one.reason for one in dead] == ([] if reason is AHEAD_IS_TOLD_LATER else [reason])


def test_every_reason_is_brought_about_or_argued_away() -> None:
    """A new reason for dead letters must be put into the soak, or said why not."""
    assert set(SPOILT) | set(NOT_HERE) == set(Reason)
    assert not set(SPOILT) & set(NOT_HERE)
