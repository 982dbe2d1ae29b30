"""Files as blocks of whole lines: plain, gzip and zstd, whole or cut short."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.local.blocks import Blocks, Unreadable, opened
from streams.local.source import FileFeed

LINES = [b"line %d %s\n" % (i, b"x" * (i * 37 % 90)) for i in range(400)]
TEXT = b"".join(LINES)

Packed = Callable[[bytes], bytes]


def _plain(text: bytes) -> bytes:
    return text


def _members(text: bytes) -> bytes:
    """Several gzip members one after the other, as `cat a.gz b.gz` leaves them."""
    return b"".join(gzip.compress(text[at : at + 777]) for at in range(0, len(text), 777))


def _zstd(text: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(text)


def _frames(text: bytes) -> bytes:
    """Several zstd frames, the second of them empty."""
    return b"".join(_zstd(part) for part in (text[:500], b"", text[500:5_000], text[5_000:]))


WAYS: dict[str, Packed] = {"plain": _plain, "gzip": gzip.compress, "gzip members": _members, "zstd": _zstd,
                           "zstd frames": _frames}  # fmt: skip


def blocks(path: Path, size: int) -> Blocks:
    return Blocks(opened(path), str(path), size)


def read(found: Blocks) -> list[tuple[int, bytes]]:
    """Every block that is left, with its place."""
    parts = []
    at = found.at
    while (block := found.next()) is not None:
        parts.append((at, block))
        at = found.at
    return parts


@pytest.fixture(params=WAYS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The text as a file, in each way."""
    found = tmp_path / "log"
    found.write_bytes(WAYS[request.param](TEXT))
    return found


@pytest.mark.parametrize("size", [1, 100, 4_096, 10**6])
def test_blocks_are_whole_lines_and_all_of_them(path: Path, size: int) -> None:
    """However large a block may be and however the file is packed, the lines are the lines."""
    parts = read(blocks(path, size))
    assert b"".join(block for _, block in parts) == TEXT
    assert all(block.endswith(b"\n") for _, block in parts)
    assert [at for at, _ in parts] == [sum(len(b) for _, b in parts[:i]) for i in range(len(parts))]


def test_going_on_at_a_place(path: Path) -> None:
    """From any block's place the rest is the rest."""
    for at, _ in read(blocks(path, 3_000)):
        later = blocks(path, 500)
        later.skip_to(at)
        assert later.at == at
        assert b"".join(block for _, block in read(later)) == TEXT[at:]


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300).map(lambda text: text.replace(b"\x1f", b"\n").replace(b"\x28", b"\n")), st.integers(1, 50)
)
def test_a_last_line_without_newline_is_a_line(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, size: int
) -> None:
    """Nothing is added and nothing lost, whatever the bytes; only the last block may lack its newline."""
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(text)
    parts = [block for _, block in read(blocks(path, size))]
    assert b"".join(parts) == text
    assert all(block.endswith(b"\n") for block in parts[:-1])


@pytest.mark.parametrize("way", ["gzip", "gzip members", "zstd", "zstd frames"])
@pytest.mark.parametrize("lost", [1, 9, 200])
def test_a_packed_file_cut_short_is_told(tmp_path: Path, way: str, lost: int) -> None:
    """The message names the file and how far it could be read, and says what to do."""
    path = tmp_path / "cut.log"
    path.write_bytes(WAYS[way](TEXT)[:-lost])
    with pytest.raises(
        Unreadable, match=r"cut\.log: damaged or cut short after [\d,]+ bytes of text.*get a whole copy"
    ):
        read(blocks(path, 2_000))


@pytest.mark.parametrize("way", ["gzip", "zstd"])
def test_a_damaged_packed_file_is_told(tmp_path: Path, way: str) -> None:
    """Flipped bits are told as damage, never as a traceback."""
    data = bytearray(WAYS[way](TEXT))
    data[len(data) // 2] ^= 0xFF
    path = tmp_path / "damaged.log"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=r"damaged\.log: damaged"):
        read(blocks(path, 2_000))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The message names the path and what is wrong with it."""
    with pytest.raises(Unreadable, match=r"none\.log: cannot be read: No such file"):
        opened(tmp_path / "none.log")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Nor is a folder read."""
    with pytest.raises(Unreadable, match="cannot be read: Is a directory"):
        opened(tmp_path)


def test_an_empty_file_has_no_blocks(tmp_path: Path) -> None:
    """It ends at once, twice if asked twice."""
    (tmp_path / "empty").touch()
    found = blocks(tmp_path / "empty", 10)
    assert found.next() is None
    assert found.next() is None


def test_a_byte_order_mark_costs_no_record(tmp_path: Path) -> None:
    """What editors put before the first line is taken off, there and nowhere else."""
    path = tmp_path / "marked"
    path.write_bytes(b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n")
    assert FileFeed(path).next() == (b"{}\n\xef\xbb\xbf{}\n", 0)
