"""The packs whose alerts may be acted upon: ours, and those that were published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from detectors.alert import Alert
from streams.dead_letters import clipped
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.ledger.schema import packs
from streams.enforcement.service.records import Item, Reason, Refused
from streams.pack.stored import NotThatPack, named

Fetch = Callable[[Collection[str]], Mapping[str, bytes]]
"""The stored bytes of packs by their hashes, those that nobody published left out. May raise KafkaRefused."""


class PackBook:
    """The packs that an enforcer knows. The packs' topic is read at most once for the alerts of one poll."""

    def __init__(self, enforcer: Enforcer, fetch: Fetch) -> None:
        self._enforcer, self._fetch = enforcer, fetch
        self._unsound: set[str] = set()

    def load(self) -> None:
        """Know what the ledger has seen before."""
        with self._enforcer.ledger.reading() as tx:
            self._add(row["pack"] for row in tx.rows(sa.select(packs.c.pack)))

    def sift(self, items: Sequence[Item], now_ms: int) -> tuple[list[Item], list[Refused]]:
        """What may be acted upon, and alerts of unknown packs. Raises FencedOff; may raise KafkaRefused."""
        self._learn({one.meant.pack for one in items if isinstance(one.meant, Alert)}, now_ms)
        good, bad = list[Item](), list[Refused]()
        for item in items:
            if isinstance(item.meant, Alert) and not self._enforcer.in_force.knows(item.meant.pack):
                shown = clipped(item.meant.pack, 40)
                bad.append(Refused(item.record, Reason.UNKNOWN_PACK, f"nobody published a sound pack {shown}"))
            else:
                good.append(item)
        return good, bad

    def _learn(self, named: set[str], now_ms: int) -> None:
        wanted = {one for one in named - self._unsound if not self._enforcer.in_force.knows(one)}
        if not wanted:
            return
        found = {name: _rules(data, name) for name, data in self._fetch(wanted).items()}
        self._unsound |= {name for name, rules in found.items() if rules is None}
        sound = {name: rules for name, rules in found.items() if rules is not None}
        if sound:
            with self._enforcer.ledger.writing(now_ms) as tx:
                for name, rules in sound.items():
                    tx.put(packs, {"pack": name, "first_seen_ms": now_ms, "rules": rules})
            self._add(sound)

    def _add(self, known: Iterable[str]) -> None:
        added = frozenset(known)
        self._enforcer.change(lambda before: replace(before, packs=before.packs | added))


def _rules(data: bytes, name: str) -> dict[str, str] | None:
    """Each rule's version, None where the bytes are not the pack of this name."""
    try:
        return {rule.id: rule.version for rule in named(name, data).rules}
    except NotThatPack:
        return None
