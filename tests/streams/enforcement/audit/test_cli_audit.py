"""`tipstaff audit verify`."""

from __future__ import annotations

import json
from pathlib import Path

from chained import chained
from typer.testing import CliRunner, Result

from streams.cli.audit import app
from streams.cli.screen import Failed

_CHAIN = chained(25, 10)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["verify", *arguments])


def test_a_good_audit_says_so(tmp_path: Path) -> None:
    """Exit code 0, how many records, and how many nothing vouches for yet."""
    result = _run(*_CHAIN.write(tmp_path))
    assert result.exit_code == 0
    assert "25 records, as they were written" in result.stdout
    assert "5 of them are newer than the last good checkpoint" in result.stdout


def test_a_changed_audit_fails_with_what_and_where(tmp_path: Path) -> None:
    """Exit code 1, and the record's number in a table or in JSON; no markup of a hostile file is obeyed."""
    arguments = _CHAIN.write(tmp_path)
    lines = [line.replace(b'"policy"', b'"[bold]me"') if number == 7 else line for number, line in
             enumerate(_CHAIN.lines, 1)]  # fmt: skip
    (tmp_path / "audit.ndjson").write_bytes(b"".join(lines))
    result = _run(*arguments)
    assert result.exit_code == 1
    assert "7" in result.stdout
    assert "changed" in result.stdout
    assert "NOT as written" in result.stdout
    told = json.loads(_run(*arguments, "--json").stdout)
    assert (told["ok"], told["records"], told["unvouched"]) == (False, 25, 5)
    assert told["findings"] == [{"flaw": "changed", "seq": 7, "detail": "record 7 or its hash was changed, or put in"}]


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    """Without checkpoints, keys or the audit itself nothing is told but what is missing."""
    _CHAIN.write(tmp_path)
    for name in ("audit.ndjson", "checkpoints.ndjson", "keys.json"):
        kept = tmp_path / "kept"
        (tmp_path / name).rename(kept)
        result = _run(str(tmp_path / "audit.ndjson"), "--checkpoints", str(tmp_path / "checkpoints.ndjson"),
                      "--keys", str(tmp_path / "keys.json"))  # fmt: skip
        assert isinstance(result.exception, Failed)
        assert name in str(result.exception)
        kept.rename(tmp_path / name)
