"""Small honest files in every foreign format: run, seen, shown, and nothing kept of what people said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from command_line import tipstaff
from polars.testing import assert_frame_equal

from features.event import COLUMNS
from streams.codec import Codec
from streams.formats import open_reader

SAMPLES = Path(__file__).parent / "samples"
MAP = """\
type: {com.example.usage.v1: inference, com.example.audit.v1: ~}
columns:
  account_id: data.customer.id
  input_tokens: data.usage.prompt_tokens
  output_tokens: data.usage.completion_tokens
  region: datacenter
  product: =chat
"""

# file, format, how many events and skipped things it holds, accounts in it
STORIES: dict[str, tuple[str, int, int, list[str]]] = {
    "litellm.jsonl": ("litellm", 24, 0, ["team-physics", "team-support"]),
    "otel-genai.jsonl": ("otel-genai", 27, 12, ["tenant-7", "tenant-8", "tenant-9"]),
    "otel-logs.jsonl": ("otel-genai", 3, 1, ["tenant-log"]),
    "falco.jsonl": ("falco", 13, 1, ["acme", "globex"]),
    "dcgm.jsonl": ("dcgm", 16, 8, ["acme", "globex"]),
    "cloudevents.jsonl": ("cloudevents", 16, 0, ["acct-0", "acct-1", "acct-2"]),
    "cloudevents-mapped.jsonl": ("cloudevents", 5, 1, ["cust-0", "cust-1"]),
}


def options(name: str, folder: Path) -> list[str]:
    """The options that a sample needs besides its format."""
    if name != "cloudevents-mapped.jsonl":
        return []
    (folder / "map.yaml").write_text(MAP, encoding="utf-8")
    return ["--map", str(folder / "map.yaml")]


@pytest.mark.parametrize("name", STORIES)
def test_a_run_sees_the_accounts(name: str, tmp_path: Path) -> None:
    """Every event counts, every account is there afterwards, what is no event is told, and no prompt is anywhere."""
    form, events, skipped, accounts = STORIES[name]
    data = tmp_path / "data"
    ran = tipstaff("run", SAMPLES / name, "--format", form, "--data-dir", data, *options(name, tmp_path))
    assert ran.code == 0, ran.err
    assert f"finished: {events:,} records. " in ran.err
    assert (f"skipped: {skipped:,} " in ran.err) == (skipped > 0)
    for account in accounts:
        shown = tipstaff("accounts", "show", account, "--data-dir", data, "--json")
        assert shown.code == 0, shown.err
    kept = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert "CANARY" not in ran.out + ran.err
    assert b"CANARY" not in kept


@pytest.mark.parametrize("name", STORIES)
def test_what_try_shows_is_native(name: str, tmp_path: Path) -> None:
    """The events that `formats try --json` shows read as native ones are the events of the file."""
    form, events, skipped, _ = STORIES[name]
    more = options(name, tmp_path)
    found = tipstaff("formats", "try", form, SAMPLES / name, "--records", 1000, "--json", *more)
    assert found.code == 0, found.err
    assert found.json["summary"]["events"] == events
    assert found.json["summary"]["skipped"] == skipped
    assert "CANARY" not in found.out
    written = [event for record in found.json["records"] for event in record["events"]]
    assert_frame_equal(as_native(written), read(name, form, more[1] if more else None))


def as_native(events: list[dict[str, Any]]) -> pl.DataFrame:
    """Native events as their codec reads them."""
    decoded = Codec(COLUMNS).decode("\n".join(json.dumps(event) for event in events).encode())
    assert decoded.dead == []
    return seen(decoded.frame)


def read(name: str, form: str, field_map: str | None) -> pl.DataFrame:
    """A sample's events."""
    return seen(open_reader(form, COLUMNS, "tipstaff", None, field_map).decode((SAMPLES / name).read_bytes()).frame)


def seen(frame: pl.DataFrame) -> pl.DataFrame:
    """Without the ordinals, and without what a type does not carry: nobody looks at that."""
    carried = [
        pl.when(pl.col("type").is_in(column.types)).then(name).alias(name) if column.types else pl.col(name)
        for name, column in COLUMNS.items()
    ]
    return frame.select(carried)


@pytest.mark.parametrize("name", STORIES)
def test_try_for_people(name: str, tmp_path: Path) -> None:
    """For people each record is told with the keys its columns come from; prompts are not among what is shown."""
    form, _, _, accounts = STORIES[name]
    found = tipstaff("formats", "try", form, SAMPLES / name, "--records", 9, *options(name, tmp_path))
    assert found.code == 0
    assert "record 1\n" in found.out
    assert "account_id" in found.out
    assert any(account in found.out for account in accounts)
    assert "CANARY" not in found.out


def test_try_tells_what_is_lost(tmp_path: Path) -> None:
    """Keys that nothing takes are named, those never read too, and a hostile name cannot speak to the terminal."""
    row = json.loads((SAMPLES / "litellm.jsonl").read_text().splitlines()[0])
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({**row, "\x1b[31mred": 1, "[bold]x": 2}) + "\n{\n", encoding="utf-8")
    found = tipstaff("formats", "try", "litellm", file)
    assert "cache_key" in found.out
    assert "never read: messages, response, proxy_server_request" in found.out
    assert "\x1b" not in found.out
    assert "[bold]x" in found.out
    assert "dead letter: not_json" in found.out
    first, second = tipstaff("formats", "try", "litellm", file, "--json").json["records"]
    assert first["sources"]["input_tokens"] == "prompt_tokens"
    assert "cache_key" in first["lost"]
    assert second["dead_letters"][0]["reason"] == "not_json"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["try", "nothing", "x"], "unknown format nothing; there are native"),
        (["try", "falco", "x", "--map", "m.yaml"], "--map: falco takes no field map; only cloudevents does"),
        (["try", "otel-genai", "x", "--account-field", "gen_ai.prompt"], "--account-field: gen_ai.prompt holds"),
        (["try", "litellm", "x", "--account-field", "messages.0"], "--account-field: messages holds prompts"),
        (["try", "litellm", "x", "--account-field", "model.name"], "model and model.name cannot both be read"),
        (["try", "litellm", "x", "--account-field", "metadata"], "metadata and metadata.error_information"),
        (["try", "cloudevents", "x", "--account-field", "a.b"], "--account-field: a.b: name an attribute"),
        (["try", "falco", "nowhere.jsonl"], "nowhere.jsonl: cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_tried(arguments: list[str], said: str) -> None:
    """Every mistake is a message that names the option."""
    outcome = tipstaff("formats", *arguments)
    assert outcome.code == 1
    assert said in outcome.err
