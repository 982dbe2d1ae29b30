"""Alerts are acted upon where their pack is ours or was published, and was it soundly."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from playing import BEGIN_MS, Play, made_alert

from streams.enforcement.ledger import schema
from streams.enforcement.service.pack_book import PackBook
from streams.enforcement.service.records import Item, Line, Reason, Record
from streams.pack import Pack, read_pack
from streams.pack.stored import as_stored


@pytest.fixture(scope="module")
def other(pack: Path) -> tuple[Pack, bytes]:
    """Another pack, and its stored form."""
    return read_pack(pack), as_stored(pack)


class Shelf:
    """The packs' topic, and how often it was read."""

    def __init__(self, **held: bytes) -> None:
        self.held, self.asked = held, list[set[str]]()

    def fetch(self, packs: Collection[str]) -> dict[str, bytes]:
        self.asked.append(set(packs))
        return {name: self.held[name] for name in packs if name in self.held}


def alert(pack: str, pod: str = "pod-1") -> Item:
    made = replace(made_alert("miner", "mining", workload=pod), pack=pack)
    return Item(Record("alerts", 0, 0, BEGIN_MS, b"acme", b""), made)


def test_ours_is_known(play: Play) -> None:
    """Alerts of our own pack, and what is no alert, need no look at the packs' topic."""
    shelf = Shelf()
    items = [alert("pack"), Item(alert("pack").record, Line(b""))]
    assert PackBook(play.enforcer, shelf.fetch).sift(items, BEGIN_MS) == (items, [])
    assert shelf.asked == []


def test_a_published_one_is_learnt_once(play: Play, other: tuple[Pack, bytes]) -> None:
    """A published pack is asked for once, and known to another process from the ledger."""
    pack, data = other
    shelf = Shelf(**{pack.hash: data})
    book = PackBook(play.enforcer, shelf.fetch)
    for _ in range(2):
        assert book.sift([alert(pack.hash)], BEGIN_MS) == ([alert(pack.hash)], [])
    assert shelf.asked == [{pack.hash}]
    assert [row["pack"] for row in play.rows(schema.packs)] == [pack.hash]
    play.enforcer.in_force = replace(play.enforcer.in_force, packs=frozenset())
    again = PackBook(play.enforcer, Shelf().fetch)
    again.load()
    assert again.sift([alert(pack.hash)], BEGIN_MS)[1] == []


def test_strangers_hold_nobody_up(play: Play, other: tuple[Pack, bytes]) -> None:
    """Unknown packs and one stored under another's name are refused by one look for all; good ones go."""
    pack, data = other
    shelf = Shelf(**{pack.hash: data, "impostor": data, "broken": b"no pack"})
    names = ["impostor", "nobody", "broken", "x" * 500, pack.hash, "pack"]
    good, bad = PackBook(play.enforcer, shelf.fetch).sift([alert(name) for name in names], BEGIN_MS)
    assert good == [alert(pack.hash), alert("pack")]
    assert [one.reason for one in bad] == [Reason.UNKNOWN_PACK] * 4
    assert max(len(one.detail) for one in bad) < 120
    assert len(shelf.asked) == 1
