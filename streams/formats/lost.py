"""Which keys of a record no column takes: by name alone, never their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from streams.codec import SAMPLE
from streams.dead_letters import clipped
from streams.formats.taken import Path

_decode = msgspec.json.Decoder().decode


def lost_keys(records: Iterable[bytes], paths: Collection[Path], dropped: Collection[str] = ()) -> dict[str, int]:
    """How many of the records have each key that nobody takes, but for those known to be dropped."""
    taken = Taking(paths)
    counts: Counter[str] = Counter()
    for record in records:
        try:
            found = {name for name in taken.lost(_decode(record)) if name not in dropped}
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        counts.update(found)
    return {clipped(name, SAMPLE): count for name, count in counts.most_common(SAMPLE)}


class Taking:
    """Paths that are taken, and what leads to them."""

    def __init__(self, paths: Collection[Path]) -> None:
        self._paths = frozenset(paths)
        self._towards = frozenset(path[:depth] for path in paths for depth in range(1, len(path)))

    def lost(self, value: Any, path: Path = ()) -> Iterator[str]:
        """Names of the outermost keys of a decoded record that lead to nothing taken."""
        for key, below in value.items() if isinstance(value, dict) else ():
            here = (*path, key)
            if here in self._towards and isinstance(below, dict):
                yield from self.lost(below, here)
            elif here not in self._paths and not (here in self._towards and isinstance(below, str)):
                yield ".".join(here)


def at(value: Any, path: Path) -> Any:
    """What stands at a path of a decoded record; None where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
