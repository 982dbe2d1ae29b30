"""Hunts count what a naive loop counts, whatever the blocks and whatever stands in columns that are not carried."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from command_line import tipstaff
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.history.hunting import EXAMPLES, Hunt, condition

START = 1_772_409_600_000
SQL = "status >= 500 OR dst_port = 3333"


@st.composite
def found(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Requests and flows, some with columns that their types do not carry, some without a key."""
    kinds = st.sampled_from(["inference", "network"])
    count = draw(st.integers(0, 30))
    return [{"id": f"e{n}", "type": draw(kinds), "time": START + draw(st.integers(0, 9)) * 1_000,
             "account_id": draw(st.sampled_from("ab")), "api_key_id": draw(st.sampled_from(["k", "l", None])),
             "status": draw(st.sampled_from([200, 500, None])), "dst_port": draw(st.sampled_from([443, 3333, None]))}
            for n in range(count)]  # fmt: skip


def lines(events: list[dict[str, Any]]) -> bytes:
    """Events as NDJSON."""
    told = [{**{k: v for k, v in one.items() if v is not None}, "time": rfc3339(one["time"])} for one in events]
    return b"".join(json.dumps(one).encode() + b"\n" for one in told)


def naive(events: list[dict[str, Any]], key: str, since: int, until: int) -> list[tuple[Any, ...]]:
    """What a hunt for SQL must find."""
    hits: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for one in events:
        flow = one["type"] == "network" and one["dst_port"] == 3333
        names = (one["account_id"],) if key == "account_id" else (one["account_id"], one[key])
        if ((one["status"] or 0) >= 500 or flow) and since <= one["time"] < until and None not in names:
            hits.setdefault(names, []).append(one)
    rows = [(*names, len(ones), min(o["time"] for o in ones), max(o["time"] for o in ones),
             [o["id"] for o in ones[:EXAMPLES]]) for names, ones in hits.items()]  # fmt: skip
    return sorted(rows, key=lambda row: (-row[-4], row[:-4]))


@settings(max_examples=examples(60), deadline=None)
@given(found(), st.sampled_from(["account", "key"]), st.integers(1, 7), st.integers(0, 9), st.integers(0, 9))
def test_a_hunt_counts_what_a_loop_counts(
    events: list[dict[str, Any]], kind: str, cut: int, since: int, until: int
) -> None:
    """By account or key, in any cut, within a span; a column that an event's type does not carry is not looked at."""
    span = START + since * 1_000, START + until * 1_000
    hunt = Hunt(condition(SQL), kind, *span)
    codec = Codec(hunt.columns)
    for first in range(0, len(events), cut):
        hunt.add(codec.decode(lines(events[first : first + cut])).frame)
    wanted = naive(events, {"account": "account_id", "key": "api_key_id"}[kind], *span)
    assert hunt.found().rows() == wanted
    assert hunt.events - hunt.nameless == sum(row[-4] for row in wanted)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Three accounts, one of whose names is a formula."""
    path = tmp_path / "log.ndjson"
    whose = [("=1+1", "w"), ("b", "w"), ("b", None), ("c", None)]
    events = [{"id": f"e{n}", "type": "network", "time": START + n * 60_000, "account_id": account,
               "workload_id": workload, "tls_sni": "a.newpool.example"}
              for n, (account, workload) in enumerate(whose)]  # fmt: skip
    path.write_bytes(lines(events) + b"nonsense\n")
    return path


HUNT = ("hunt", "tls_sni LIKE '%.newpool.example'", "--max-bad-share", "0.5")


def test_a_hunt_on_the_command_line(log: Path) -> None:
    """A table by count, with times and examples; how many matched and what could not be read stands on stderr."""
    table = tipstaff(*HUNT, log)
    assert table.code == 0
    head, *rows = [line.split() for line in table.out.splitlines()]
    assert head == ["account_id", "events", "first", "last", "examples"]
    assert rows[0] == ["b", "2", "2026-03-02T00:01:00.000Z", "2026-03-02T00:02:00.000Z", "e1", "e2"]
    assert [row[0] for row in rows] == ["b", "=1+1", "c"]
    assert "4 matching events of 3 accounts" in table.err
    assert "1 dead letters: not_json; the first is record 5 of" in table.err


def test_a_hunt_as_json_and_limited(log: Path) -> None:
    """JSON has whole ids; --limit says how many there were."""
    found = tipstaff(*HUNT, log, "--json", "--limit", 1)
    assert found.json == [{"account_id": "b", "events": 2, "first": "2026-03-02T00:01:00.000Z",
                           "last": "2026-03-02T00:02:00.000Z", "examples": ["e1", "e2"]}]  # fmt: skip
    assert "of 3 accounts (the first 1 are told)" in found.err


def test_a_hunt_for_workloads_says_what_names_none(log: Path) -> None:
    """Each workload by its account; events without one are told apart."""
    found = tipstaff(*HUNT, log, "--entity", "workload", "--json")
    assert [(one["account_id"], one["workload_id"]) for one in found.json] == [("=1+1", "w"), ("b", "w")]
    assert "2 of them name no workload" in found.err


def test_csv_holds_no_formula(log: Path) -> None:
    """A name that a spreadsheet would run gets an apostrophe; everything else stays as it is."""
    rows = list(csv.reader(io.StringIO(tipstaff(*HUNT, log, "--csv").out)))
    assert rows[0] == ["account_id", "events", "first", "last", "example_1", "example_2", "example_3"]
    assert [row[0] for row in rows[1:]] == ["b", "'=1+1", "c"]
    assert rows[2][4:] == ["e0", "", ""]


def test_a_hunt_within_a_span(log: Path) -> None:
    """--since and --until go by the events' own times; nothing found is an empty list and no error."""
    span = ("--since", "2026-03-02T00:02:00Z", "--until", "2026-03-02T00:03:00Z", "--json")
    assert [one["account_id"] for one in tipstaff(*HUNT, log, *span).json] == ["b"]
    nothing = tipstaff(*HUNT, log, "--until", "2020-01-01T00:00:00Z", "--json")
    assert (nothing.code, nothing.json) == (0, [])
    assert tipstaff("hunt", "dst_port = 1", log, "--max-bad-share", 0.5).code == 0


def test_too_much_that_cannot_be_read_stops_a_hunt(log: Path) -> None:
    """As in a run: a hunt over the wrong format must not say that nothing was found."""
    refused = tipstaff(*HUNT[:2], log)
    assert (refused.code, refused.out) == (1, "")
    assert "1 of 5 records cannot be read (20.0%; the limit is 10.0%)" in refused.err
