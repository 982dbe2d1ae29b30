"""Checkpoints on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from chained import chained

from streams.enforcement.audit.checkpoint_file import CheckpointFile, CheckpointsRefused

_MARKS = chained(60, 2).checkpoints


def test_what_is_added_is_read_again(tmp_path: Path) -> None:
    """Every checkpoint comes back, in order, also through another object; the last one is told alone."""
    path = tmp_path / "marks"
    assert CheckpointFile(path).last() is None
    for mark in _MARKS:
        CheckpointFile(path).append(mark)
    assert list(CheckpointFile(path)) == _MARKS
    assert CheckpointFile(path).last() == _MARKS[-1]


def test_what_stands_there_is_never_rewritten(tmp_path: Path) -> None:
    """Adding one leaves every byte before it as it was."""
    file = CheckpointFile(tmp_path / "marks")
    file.append(_MARKS[0])
    before = file.path.read_bytes()
    file.append(_MARKS[1])
    assert file.path.read_bytes().startswith(before)


@pytest.mark.parametrize("cut", range(1, 40, 5))
def test_a_line_that_a_crash_cut_short_is_left_out_and_replaced(tmp_path: Path, cut: int) -> None:
    """A torn last line was never a checkpoint; those before it stay, and the next one stands on a line of its own."""
    file = CheckpointFile(tmp_path / "marks")
    file.append(_MARKS[0])
    file.append(_MARKS[1])
    file.path.write_bytes(file.path.read_bytes()[:-cut])
    assert list(file) == _MARKS[:1]
    assert file.last() == _MARKS[0]
    file.append(_MARKS[2])
    assert list(file) == [_MARKS[0], _MARKS[2]]


def test_a_first_line_that_was_cut_short_leaves_an_empty_file(tmp_path: Path) -> None:
    """With nothing before it, a torn line is as if no checkpoint had been made."""
    file = CheckpointFile(tmp_path / "marks")
    file.path.write_bytes(b'{"seq":1')
    assert (list(file), file.last()) == ([], None)
    file.append(_MARKS[0])
    assert list(file) == _MARKS[:1]


@pytest.mark.parametrize("line", [b"{}", b"null", b"\xff", b"[" * 5_000, b'{"seq":"1"}', b"x" * 5_000])
def test_what_is_no_checkpoint_is_refused_with_its_line(tmp_path: Path, line: bytes) -> None:
    """A line that was put in is not passed over: file and line are named."""
    file = CheckpointFile(tmp_path / "marks")
    file.append(_MARKS[0])
    with file.path.open("ab") as raw:
        raw.write(line + b"\n")
    with pytest.raises(CheckpointsRefused, match=r"marks:2: is no checkpoint"):
        list(file)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A checkpoint that is not on the disk is not taken for one that is."""
    with pytest.raises(CheckpointsRefused, match="cannot be added"):
        CheckpointFile(tmp_path / "nowhere" / "marks").append(_MARKS[0])
    with pytest.raises(CheckpointsRefused, match="cannot be read"):
        list(CheckpointFile(tmp_path))
