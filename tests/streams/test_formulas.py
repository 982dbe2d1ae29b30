"""What is exported so that no spreadsheet runs it is read back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.sheet import as_csv
from streams.formulas import guarded, unguarded
from streams.history.labels_file import read_labels

_ODD = st.text(st.sampled_from("'=+-@\t\r\0,\"a"), max_size=6)


@given(_ODD)
def test_every_text_comes_back(text: str) -> None:
    """Guarded, no text begins with what a spreadsheet runs; unguarded, it is the text again, apostrophes and all."""
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\0"))
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["acme", "'tis", "''", "a=b", ""])
def test_what_is_harmless_is_left_alone(text: str) -> None:
    """Only what needs a guard has one, and only a guard is taken off."""
    assert guarded(text) == unguarded(text) == text


def test_exported_labels_are_read_as_they_were(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids like formulas, with and without apostrophes of their own, are the same to `evaluate`."""
    names = ["=1+1", "'=1+1", "''@x", "-5", "'plain", 'quo"te,d', "acme"]
    start, end = (datetime(2026, 3, 2, hour, tzinfo=UTC).isoformat() for hour in (9, 10))
    as_csv(("account_id", "clause", "start", "end"), [(name, "spam", start, end) for name in names])
    (tmp_path / "labels.csv").write_text(capsys.readouterr().out)
    assert read_labels(tmp_path / "labels.csv", ["spam"])["account_id"].to_list() == names
