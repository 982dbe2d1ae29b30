"""docs/audit.md is enough to verify an audit with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from chained import START, body, chained, resealed

from streams.enforcement.audit.chain import GENESIS, record
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.audit.verdict import Flaw

_PAGE = Path(__file__).parents[4] / "docs" / "audit.md"
_CHAIN = chained(24, 8)


def _by_hand(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the page's own program, which imports nothing of ours."""
    found = re.search(r"```python\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert "streams" not in found[1]
    names = ("audit.ndjson", "checkpoints.ndjson", "keys.json")
    command = [sys.executable, "-c", found[1], *(str(folder / name) for name in names)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_page_s_program_verifies_what_we_write(tmp_path: Path) -> None:
    """Written from the description alone, it finds our audit whole."""
    _CHAIN.write(tmp_path)
    assert _by_hand(tmp_path).stdout == "24 records, as they were written\n"


@pytest.mark.parametrize("way", ["changed", "lost", "cut", "rewritten"])
def test_the_page_s_program_finds_what_was_tampered_with(tmp_path: Path, way: str) -> None:
    """It is no worse than ours at what the page promises."""
    _CHAIN.write(tmp_path)
    lines = _CHAIN.lines
    forged = record(5, START, Kind.DECISION, "policy", body(7_777))
    records = [forged if one["seq"] == 5 else one for one, _ in _CHAIN.records]
    tampered = {
        "changed": [*lines[:4], lines[4].replace(b'"by":"policy"', b'"by":"nobody"'), *lines[5:]],
        "lost": [*lines[:4], *lines[5:]],
        "cut": lines[:20],
        "rewritten": type(_CHAIN)(resealed(records, GENESIS), [], _CHAIN.key).lines,
    }[way]
    (tmp_path / "audit.ndjson").write_bytes(b"".join(tampered))
    outcome = _by_hand(tmp_path)
    assert outcome.returncode == 1
    assert "AssertionError" in outcome.stderr


def test_the_page_names_every_finding() -> None:
    """Whatever `verify` can say stands in the page's table."""
    page = _PAGE.read_text(encoding="utf-8")
    assert not [flaw for flaw in Flaw if f"| `{flaw}` |" not in page]
