"""Golden messages for every way a field map can be wrong; `pytest --update-golden` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import tipstaff

from streams.formats.field_map import FieldMap, MapRefused, read_map

GOLDEN = Path(__file__).with_name("map_errors.txt")
SAMPLES = Path(__file__).parent / "samples"

MISTAKES: dict[str, str] = {
    "no readable YAML": "columns: {a: b: c}\n",
    "nothing": "",
    "a list": "- type\n",
    "another section": "colums:\n  model: data.m\n",
    "a section of another kind": "columns: [model]\ntype: inference\n",
    "the same column twice": "columns:\n  model: data.m\n  model: data.n\n",
    "an unknown event type": "type:\n  com.example.usage: inferense\n",
    "an event type far from any": "type: {com.example.usage: 7}\n",
    "an unknown column": "columns:\n  input_token: data.usage.prompt\n",
    "a column far from any": "columns:\n  zzz: data.usage.prompt\n",
    "a column that the envelope tells": "columns:\n  id: data.id\n",
    "the type among the columns": "columns:\n  type: data.kind\n",
    "no path": "columns:\n  model: 5\n",
    "an empty path": "columns:\n  model: ''\n",
    "an empty part": "columns:\n  model: data..m\n",
    "a path that ends at data": "columns:\n  model: data\n",
    "a path that does not begin with data": "columns:\n  input_tokens: usage.prompt\n",
    "no attribute": "columns:\n  account_id: Customer-Id\n",
    "a pattern": "columns:\n  account_id: ^.*$\n",
    "a path that goes on where another ends": "columns:\n  model: data.a\n  path: data.a.b\n",
    "a constant that is no whole number": "columns:\n  max_tokens: =many\n",
    "a constant that is no number": "columns:\n  temperature: =warm\n",
    "a constant that is neither true nor false": "columns:\n  logprobs: =yes\n",
    "a constant time": "columns:\n  account_created_at: =2026-01-01\n",
    "several at once": "type: {a: b}\ncolumns:\n  modell: data.m\n  region: data.\n",
}


def told(text: str, folder: Path) -> str:
    """What a person reads of a map."""
    file = folder / "map.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        read_map(file)
    except MapRefused as refused:
        return str(refused).replace(str(folder) + "/", "")
    return "taken"


def test_every_message_is_the_one_agreed_on(tmp_path: Path, update_golden: bool) -> None:
    """File, line, what is wrong, the line with a caret, and a hint, for every mistake."""
    found = "\n".join(f"── {name} ──\n{told(text, tmp_path)}\n" for name, text in MISTAKES.items())
    if update_golden:
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")
    assert "taken" not in [told(text, tmp_path) for text in MISTAKES.values()]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A map that is not there is named."""
    with pytest.raises(MapRefused, match=r"nowhere\.yaml:1: cannot be read"):
        read_map(tmp_path / "nowhere.yaml")
    ran = tipstaff("run", SAMPLES / "cloudevents.jsonl", "--format", "cloudevents", "--map", tmp_path / "nowhere.yaml",
                   "--data-dir", tmp_path / "data")  # fmt: skip
    assert (ran.code, "nowhere.yaml cannot be read" in ran.err) == (1, True)


def test_sections_may_be_absent(tmp_path: Path) -> None:
    """A map of types alone, or of columns alone, is one."""
    file = tmp_path / "map.yaml"
    file.write_text("type: {a: inference}\n")
    assert read_map(file) == FieldMap(types={"a": "inference"})
    file.write_text("columns: {n: =2, model: dataset, path: data.a.b}\n")
    assert read_map(file) == FieldMap(columns={"model": ("dataset",), "path": ("data", "a", "b")}, constants={"n": "2"})


def test_a_changed_map_is_another_input(tmp_path: Path) -> None:
    """A data directory remembers the map's content: state made with another one is not gone on with."""
    file, data = tmp_path / "map.yaml", tmp_path / "data"
    arguments = ("run", SAMPLES / "cloudevents-mapped.jsonl", "--format", "cloudevents", "--data-dir", data,
                 "--max-bad-share", 1, "--map", file)  # fmt: skip
    file.write_text(json.dumps({"type": {"com.example.usage.v1": "inference"}}))
    first = tipstaff(*arguments)
    assert first.code == 0, first.err
    again = tipstaff(*arguments)
    assert (again.code, "this input was finished before" in again.err) == (0, True)
    file.write_text(json.dumps({"type": {"com.example.usage.v1": "fetch"}}))
    changed = tipstaff(*arguments)
    assert (changed.code, "holds the state of another input" in changed.err) == (1, True)


def test_a_wrong_map_stops_a_run_before_it_begins(tmp_path: Path) -> None:
    """The mistakes stand in the command's message, by option and line."""
    file = tmp_path / "map.yaml"
    file.write_text("columns: {modell: data.m}\n")
    ran = tipstaff("run", SAMPLES / "cloudevents.jsonl", "--format", "cloudevents", "--map", file,
                   "--data-dir", tmp_path / "data")  # fmt: skip
    assert ran.code == 1
    assert "--map:\n" in ran.err
    assert "did you mean model?" in ran.err
