"""Snapshots in slots of a compacted topic, and which of them a partition goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pack import small_pipeline

from streams.local.snapshots import NoWholeSnapshot, SnapshotFolder
from streams.runner import Saved
from streams.snapshot import encoded
from streams.worker.packs.known import UnknownPack
from streams.worker.sending import Outgoing
from streams.worker.snapshots.restoring import PartitionsChanged, restored
from streams.worker.snapshots.shelves import FolderShelf, TopicShelf
from streams.worker.snapshots.slots import PART_BYTES, as_records, assembled, left_over, manifests

PLACE = "group/topic/3"


class Topic:
    """A compacted topic; `breaks_after`: how many more records it takes before the writer dies."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.breaks_after: int | None = None
        self.written: list[Outgoing] = []

    def send(self, records: Sequence[Outgoing]) -> None:
        for one in records:
            if self.breaks_after is not None:
                if not self.breaks_after:
                    raise ConnectionError
                self.breaks_after -= 1
            self.written.append(one)
            key = (one.key or b"").decode()
            if one.value is None:
                self.kept.pop(key, None)
            else:
                self.kept[key] = one.value

    def shelf(self) -> TopicShelf:
        return TopicShelf("snapshots", 3, PLACE, self.send, dict(self.kept))

    def newest(self) -> bytes | None:
        return next((data for _, data in self.shelf().newest_first() if data is not None), None)


_SIZES = st.sampled_from([0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 7])


@given(st.lists(st.tuples(_SIZES, st.integers(0, 4)), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_whatever_a_crash_leaves_half_written_the_last_whole_one_is_found(saves: list[tuple[int, int]]) -> None:
    """A writer that dies after any record leaves the snapshot before readable, over any number of takeovers."""
    topic = Topic()
    last: bytes | None = None
    for number, (size, dies_after) in enumerate(saves):
        data = bytes([number]) * size
        topic.breaks_after = dies_after
        may_be: set[bytes | None] = {data}  # its manifest may lie there before the writer died
        try:
            topic.shelf().save(data, next_offset=number)
        except ConnectionError:
            may_be |= {last}
        topic.breaks_after = None
        last = topic.newest()
        assert last in may_be


def test_a_smaller_snapshot_leaves_no_part_of_a_greater_one_behind() -> None:
    """Parts that a slot's last snapshot had beyond this one's are deleted, so that the topic does not grow."""
    topic = Topic()
    shelf = topic.shelf()
    for number, size in enumerate([3 * PART_BYTES] * 3 + [1] * 3):
        shelf.save(bytes(size), number)
    assert sorted(topic.kept) == sorted(f"{PLACE}/{slot}/{name}" for slot in range(3) for name in ("0", "manifest"))


def test_a_zombies_older_snapshot_does_not_win_over_a_later_ones() -> None:
    """Of whole snapshots the one furthest in the log is taken, whoever wrote it last."""
    topic = Topic()
    zombie, owner = topic.shelf(), topic.shelf()
    owner.save(b"ahead", 200)
    owner.save(b"further", 300)
    zombie.save(b"behind", 100)
    assert topic.newest() == b"further"


@pytest.mark.parametrize("harm", ["missing", "changed", "other"])
def test_a_snapshot_with_a_harmed_part_is_not_whole(harm: str) -> None:
    """A part that is gone, altered, or of another snapshot is found out."""
    records = as_records(PLACE, bytes(2 * PART_BYTES), 4, 9, b"0123456789abcdef")
    key = f"{PLACE}/1/0"
    harmed = {"missing": b"", "changed": records[key][:-1] + b"!", "other": b"x" * 16 + records[key][16:]}[harm]
    (manifest,) = manifests(PLACE, records)
    assert assembled(PLACE, manifest, records) == bytes(2 * PART_BYTES)
    assert assembled(PLACE, manifest, records | {key: harmed}) is None


def test_left_over_parts_are_those_beyond_the_new_count() -> None:
    """Keys of the slot, from the new number of parts up to the old one."""
    assert left_over(PLACE, 5, 1, 3) == [f"{PLACE}/2/1", f"{PLACE}/2/2"]
    assert left_over(PLACE, 5, 3, 1) == []


class OnePack:
    """The small pack alone is known."""

    def __init__(self) -> None:
        self.first = small_pipeline()

    def pipeline(self, name: str) -> Any:
        if name != "small":
            raise UnknownPack(f"pack {name} is not in the packs' topic")
        return self.first


def snapshot(offset: int, pack: str = "small", partitions: int = 4) -> bytes:
    saved = Saved(small_pipeline().empty(), {"partitions": partitions}, {}, offset, 0, 0)
    return encoded(saved.state, saved.meta(pack))


DAMAGED = snapshot(9)[:-5]
FUTURE = snapshot(9).replace(b'"schema": 3', b'"schema": 9', 1)


def unknown_schema() -> bytes:
    """A snapshot of a schema to come, its header's guard made to fit."""
    import zlib

    magic, rest = FUTURE.split(b"\n", 1)
    _, header, body = rest.split(b"\n", 2)
    return b"\n".join([magic, b"%08x" % zlib.crc32(header), header, body])


@pytest.mark.parametrize(
    ("bad", "why"),
    [(DAMAGED, "is damaged"), (None, "missing or damaged"), (unknown_schema(), "its schema is 9"),
     (snapshot(9, pack="gone"), "pack gone is not in the packs' topic")],
    ids=["cut", "not whole", "unknown schema", "unknown pack"],
)  # fmt: skip
def test_a_bad_snapshot_is_refused_with_its_reason_and_the_next_older_one_is_used(bad: bytes | None, why: str) -> None:
    """What is wrong is told; `older` takes the one before, `start` none, and `stop` raises."""
    told: list[str] = []
    candidates: list[tuple[str, bytes | None]] = [("new", bad), ("old", snapshot(7))]
    packs: Any = OnePack()
    found = restored(candidates, packs, 4, "older", told.append)
    assert found is not None
    assert found[0].next_offset == 7
    assert len(told) == 1
    assert "new: " in told[0]
    assert why in told[0]
    assert restored(candidates, packs, 4, "start", told.append) is None
    with pytest.raises(NoWholeSnapshot, match=why):
        restored(candidates, packs, 4, "stop", told.append)


def test_a_changed_partition_count_is_refused() -> None:
    """Accounts lie elsewhere then: no snapshot may be used, and nobody may begin anew unasked."""
    packs: Any = OnePack()
    with pytest.raises(PartitionsChanged, match="had 4 partitions; now it has 8"):
        restored([("one", snapshot(7))], packs, 8, "older", pytest.fail)


def test_snapshots_in_a_folder_are_found_newest_first(tmp_path: Path) -> None:
    """The same shelf on files keeps two."""
    shelf = FolderShelf(SnapshotFolder(tmp_path))
    for number in range(4):
        shelf.save(b"%d" % number, number)
    assert [data for _, data in shelf.newest_first()] == [b"3", b"2"]
