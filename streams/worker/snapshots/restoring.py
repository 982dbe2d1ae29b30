"""Which snapshot a partition goes on from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from streams.local.snapshots import NoWholeSnapshot
from streams.pipeline import Pipeline
from streams.runner import Saved
from streams.snapshot import Damaged, about, decoded
from streams.worker.packs.known import Packs, UnknownPack
from streams.worker.settings import OnBadSnapshot

_DO = {
    "older": "going on from the one before, or from the log's start",
    "start": "going on from the log's start",
}


class PartitionsChanged(Exception):
    """A topic whose partition count is no longer what its snapshots were made with."""


T = TypeVar("T")
Told = Mapping[str, Any]


def restored(candidates: Iterable[tuple[str, bytes | None]], packs: Packs, partitions: int, on_bad: OnBadSnapshot,
             warn: Callable[[str], None]) -> tuple[Saved, Pipeline] | None:  # fmt: skip
    """The state of the first usable candidate and the pipeline it is of; None where none is usable.

    partitions: how many the topic has now. Raises PartitionsChanged, and NoWholeSnapshot where a bad one must stop us.
    """
    return first_usable(candidates, partitions, on_bad, warn, lambda data, told: _restored(data, told, packs))


def first_usable(candidates: Iterable[tuple[str, bytes | None]], partitions: int, on_bad: OnBadSnapshot,
                 warn: Callable[[str], None], restore: Callable[[bytes, Told], T]) -> T | None:  # fmt: skip
    """What `restore` makes of the first usable candidate and what it tells of itself; None where none is usable.

    Raises PartitionsChanged, and NoWholeSnapshot where a bad one must stop us.
    """
    for name, data in candidates:
        try:
            return restore(*_whole(name, data, partitions))
        except (Damaged, UnknownPack) as flaw:
            if on_bad == "stop":
                raise NoWholeSnapshot(f"{name}: {flaw}. TIPSTAFF_WORKER_ON_BAD_SNAPSHOT says to stop.") from None
            warn(f"{name}: {flaw}; {_DO[on_bad]}")
            if on_bad == "start":
                return None
    return None


def _whole(name: str, data: bytes | None, partitions: int) -> tuple[bytes, Told]:
    if data is None:
        raise Damaged("parts of it are missing or damaged")
    told = about(data)
    made_with = told["position"].get("partitions", partitions)
    if made_with != partitions:
        raise PartitionsChanged(
            f"{name} was made when the topic had {made_with} partitions; now it has {partitions}, and accounts lie "
            f"elsewhere. Give the topic its old count back, or begin anew under another group (TIPSTAFF_TOPIC_GROUP) "
            f"or topic."
        )
    return data, told


def _restored(data: bytes, told: Told, packs: Packs) -> tuple[Saved, Pipeline]:
    pipeline = packs.pipeline(told["pack"])
    state, meta = decoded(data, pipeline.observer)
    meta.pop("pack")
    return Saved(state, **meta), pipeline
