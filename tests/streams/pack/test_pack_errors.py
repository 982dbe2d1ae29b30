"""Golden messages for every way a pack can be wrong; `pytest --update-golden` writes them anew, for people to read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pack_mistakes import MISTAKES, SHIPPED, Files
from policy_mistakes import POLICY_MISTAKES

from streams.located import PackRefused
from streams.pack import expired_lists, read_pack

GOLDEN = Path(__file__).with_name("pack_errors.txt")
ROOT = Path(__file__).resolve().parents[3]
SOURCES = (
    "features/catalog.py", "features/declared.py", "features/sql.py", "detectors/rules.py", "detectors/condition.py",
    "detectors/clauses.py", "detectors/labels.py", "detectors/lists.py", "detectors/templates.py",
    "detectors/anomaly/declared.py", "streams/pack/doubts.py", "streams/pack/learnt.py",
    "streams/pack/reader.py", "streams/pack/files.py", "streams/pack/peer_file.py", "streams/pack/policy_file.py",
    "streams/located.py", "streams/enforcement/policy/amounts.py",
    "streams/enforcement/policy/declared.py", "streams/enforcement/policy/declared_rungs.py",
    "streams/enforcement/policy/declared_ladders.py", "streams/enforcement/policy/declared_clauses.py",
    "streams/enforcement/policy/declared_budgets.py", "streams/enforcement/policy/declared_reporters.py",
    "streams/enforcement/policy/declared_models.py",
)  # fmt: skip

TODAY = "2026-11-23"

_MESSAGE_AT = {"ModelRefused": 0, "Problem": 1, "SqlProblem": 0, "Flaw": 2, "_flaw": 1, "_refused": 1}
"""Which argument is the message."""

_NEVER_SEEN = {
    "a rule is a mapping": "the pack's reader says so before",
    "polars cannot evaluate this": "a net below polars: no expression that brings it about is known",
}  # fmt: skip


def write(files: Files, folder: Path) -> None:
    """Put files into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def told(files: Files, folder: Path) -> str:
    """What a person reads of a pack with these files."""
    write(files, folder)
    try:
        pack = read_pack(folder)
        found = "\n\n".join(map(str, (*pack.warnings, *expired_lists(pack, TODAY))))
    except PackRefused as refused:
        found = str(refused)
    return found.replace(str(folder), "my-pack")


def every_message(folder: Path) -> str:
    """All mistakes and what is said about them."""
    parts = []
    for number, (name, files) in enumerate({**MISTAKES, **POLICY_MISTAKES}.items()):
        parts.append(f"── {name} ──\n{told(files, folder / str(number))}\n")
    try:
        read_pack(folder / "nowhere")
    except PackRefused as refused:
        parts.append(f"── no folder ──\n{refused}\n".replace(str(folder), "my-pack"))
    return "\n".join(parts)


def test_every_message_is_the_one_agreed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    """File, line, subject, message, the line with a caret, and a hint, for every mistake."""
    write(SHIPPED, tmp_path / "shipped")
    monkeypatch.setattr("streams.pack.files.SHIPPED", tmp_path / "shipped")
    found = every_message(tmp_path)
    if update_golden:
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("source", SOURCES)
def test_every_message_has_a_mistake_that_brings_it_about(source: str) -> None:
    """A message that the golden file does not show has no case yet: add one to pack_mistakes.py."""
    golden = GOLDEN.read_text(encoding="utf-8")
    missing = [text for text, pattern in templates(ROOT / source) if not re.search(pattern, golden, re.MULTILINE)]
    assert [text for text in missing if text not in _NEVER_SEEN] == []


def templates(path: Path) -> Iterator[tuple[str, str]]:
    """Every message written in a module, and what it looks like in the golden file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in _MESSAGE_AT and len(node.args) > _MESSAGE_AT[name]:
                yield from _template(node.args[_MESSAGE_AT[name]])


def _template(message: ast.expr) -> Iterator[tuple[str, str]]:
    if isinstance(message, ast.Constant):
        yield str(message.value), rf": {re.escape(str(message.value))}$"
    elif isinstance(message, ast.JoinedStr):
        parts = [re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in message.values]
        yield ast.unparse(message), ": " + "".join(parts) + "$"


def test_the_templates_are_found() -> None:
    """The walk over the sources sees what it is meant to see."""
    assert sum(len(list(templates(ROOT / source))) for source in SOURCES) > 55
