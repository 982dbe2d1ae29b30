"""Account facts from files: what is right is read whole, what is wrong is told with its line, absent is unknown."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from features.ticks import DAY_MS
from streams.codec import Codec
from streams.enforcement.facts_file import read_facts
from streams.enforcement.facts_record import KEYS, FactsRefused, facts_from
from streams.enforcement.policy.facts import Facts
from streams.simulator import Cloud
from streams.simulator.facts import as_ndjson

GOLDEN = Path(__file__).with_name("facts_errors.txt")
AS_OF = 1_772_409_600_000
WHOLE: dict[str, Any] = {
    "account_id": "a", "plan": "pro", "created_at": "2026-01-01T00:00:00Z", "owner_contact": "owner@a.example",
    "tenure_days": 60, "spend_usd_90d": 12.5, "contract": False, "dependants": 3,
    "allow_listed_until": "2026-06-01T02:00:00+02:00", "stateful_workloads": ["db", "db-2"],
    "as_of": "2026-03-02T00:00:00.250Z",
}  # fmt: skip
AS_FACTS = Facts("a", 1_772_409_600_250, "pro", "owner@a.example", 1_767_225_600_000, 12.5, False, 3,
                 1_780_272_000_000, frozenset({"db", "db-2"}))  # fmt: skip
HEAD = ",".join(WHOLE)
LINE = ("a,pro,2026-01-01T00:00:00Z,owner@a.example,60,12.5,false,3,2026-06-01T02:00:00+02:00,db;db-2,"
        "2026-03-02T00:00:00.250Z")  # fmt: skip


def read(folder: Path, content: str | bytes, name: str = "facts.ndjson") -> tuple[list[Facts], list[str]]:
    """The facts of a file made at AS_OF, and its flaws as people see them, without the folder."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (AS_OF / 1000, AS_OF / 1000))
    facts, flaws = read_facts(path)
    return facts, [str(flaw).replace(f"{folder}/", "") for flaw in flaws]


def as_lines(*records: Any) -> str:
    """Records as NDJSON."""
    return "".join(json.dumps(record) + "\n" for record in records)


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    """Every key is read, times to the millisecond in UTC, the same from NDJSON and CSV."""
    assert set(WHOLE) == set(KEYS)
    assert read(tmp_path, as_lines(WHOLE)) == ([AS_FACTS], [])
    assert read(tmp_path, f"{HEAD}\n{LINE}\n", "facts.csv") == ([AS_FACTS], [])


@pytest.mark.parametrize("nothing", [{}, dict.fromkeys(list(WHOLE)[1:]), dict.fromkeys(["plan", "owner_contact"], "")])
def test_absent_is_unknown(tmp_path: Path, nothing: dict[str, Any]) -> None:
    """What is absent, null or empty is None and never 0 or False; the file's time says since when it holds."""
    facts, flaws = read(tmp_path, as_lines({"account_id": "a", **nothing}))
    assert (facts, flaws) == ([Facts("a", AS_OF)], [])
    assert (facts[0].spend_usd_90d, facts[0].contract, facts[0].dependants) == (None, None, None)


def test_an_empty_field_is_unknown(tmp_path: Path) -> None:
    """In CSV too: neither 0 nor false stands for what nobody knows."""
    assert read(tmp_path, f"{HEAD}\na{',' * (len(WHOLE) - 1)}\n", "facts.csv") == ([Facts("a", AS_OF)], [])


def test_zero_and_false_are_known(tmp_path: Path) -> None:
    """Said to be 0 or false, it is."""
    told = {"account_id": "a", "spend_usd_90d": 0, "contract": False, "dependants": 0}
    assert read(tmp_path, as_lines(told))[0] == [Facts("a", AS_OF, spend_usd_90d=0.0, contract=False, dependants=0)]


def test_tenure_stands_for_the_day_of_creation() -> None:
    """Where only the tenure is known the account began so many days before the facts; `created_at` is more exact."""
    assert facts_from({"account_id": "a", "tenure_days": 2}, AS_OF).created_ms == AS_OF - 2 * DAY_MS
    dated = facts_from({"account_id": "a", "tenure_days": 2, "as_of": "2026-03-02T00:00:00Z"}, 0)
    assert dated.created_ms == AS_OF - 2 * DAY_MS
    both = {"account_id": "a", "tenure_days": 2, "created_at": "2026-01-01T00:00:00Z"}
    assert facts_from(both, AS_OF).created_ms == 1_767_225_600_000


@pytest.mark.parametrize("name", ["facts.ndjson.gz", "facts.ndjson.zst", "facts.csv.gz", "FACTS.CSV.ZST"])
def test_compressed(tmp_path: Path, name: str) -> None:
    """Compressed by gzip or zstd, files are read as what they hold."""
    text = (f"{HEAD}\n{LINE}\n" if ".csv" in name.lower() else as_lines(WHOLE)).encode()
    packed = gzip.compress(text) if name.endswith("gz") else zstandard.compress(text)
    assert read(tmp_path, packed, name) == ([AS_FACTS], [])


def test_cut_short(tmp_path: Path) -> None:
    """A damaged file says so, and what could be read of it is read."""
    text = as_lines(*({**WHOLE, "account_id": f"a{n}"} for n in range(2_000))).encode()
    facts, flaws = read(tmp_path, gzip.compress(text)[:-20], "facts.ndjson.gz")
    assert len(flaws) == 1
    assert "damaged or cut short" in flaws[0]
    assert len(facts) < 2_000


def test_what_the_simulator_writes_is_read_whole(tmp_path: Path) -> None:
    """Every line of a simulated cloud's facts is taken in as it was drawn."""
    cloud = Cloud(hours=1, accounts=3_000)
    frame = pl.concat(cloud.facts())
    facts, flaws = read(tmp_path, b"".join(map(as_ndjson, cloud.facts())))
    assert flaws == []
    assert [one.account_id for one in facts] == frame["account_id"].to_list()
    for name in ("plan", "owner_contact", "spend_usd_90d", "contract", "dependants"):
        assert [getattr(one, name) for one in facts] == frame[name].to_list()
    assert all(one.created_ms is not None for one in facts)
    assert sum(one.allow_listed_until_ms is not None for one in facts) == frame["allow_listed_until"].count()


GOOD = {"account_id": "good"}
WRONG: dict[str, tuple[str, str | bytes]] = {
    "an empty file": ("facts.ndjson", ""),
    "blank lines alone": ("facts.ndjson", "\n\n"),
    "a head alone": ("facts.csv", f"{HEAD}\n"),
    "an empty table": ("facts.csv", ""),
    "no account": ("facts.ndjson", as_lines({"plan": "pro"}, {"account_id": None}, GOOD)),
    "ids that are none": ("facts.ndjson", as_lines(*(
        {"account_id": one} for one in ("", "a\u200bb", "x" * 129, "{a}", "[a]", "a\x1b[2J", True, 1.5, ["a"])), GOOD)),
    "bad times": ("facts.ndjson", as_lines(
        {"account_id": "a", "created_at": "yesterday"}, {"account_id": "b", "created_at": "2026-01-01"},
        {"account_id": "c", "allow_listed_until": "2026-01-01T00:00:00"}, {"account_id": "d", "as_of": 1_772_409_600},
        {"account_id": "e", "created_at": "1969-12-31T23:59:59Z"},
        {"account_id": "f", "created_at": "2026-02-30T00:00:00Z"},
        {"account_id": "g", "created_at": "9999-12-31T23:59:59-23:59"}, GOOD)),
    "bad numbers": ("facts.ndjson", as_lines(
        {"account_id": "a", "spend_usd_90d": -0.01}, {"account_id": "b", "spend_usd_90d": "12"},
        {"account_id": "c", "spend_usd_90d": True}, {"account_id": "d", "dependants": 1.5},
        {"account_id": "e", "tenure_days": -1}, {"account_id": "f", "tenure_days": 40_000},
        {"account_id": "g", "dependants": 10**400}, GOOD) + '{"account_id":"h","spend_usd_90d":NaN}\n'
        '{"account_id":"i","spend_usd_90d":1e999}\n'),
    "no truth value": ("facts.ndjson", as_lines({"account_id": "a", "contract": 1}, {"account_id": "b", "contract":
                                                                                     "false"}, GOOD)),
    "bad texts": ("facts.ndjson", as_lines(
        {"account_id": "a", "owner_contact": "x@y.example\r\nBcc: z@y.example"},
        {"account_id": "b", "owner_contact": 7},
        {"account_id": "c", "plan": "p\x00"}, {"account_id": "d", "stateful_workloads": "db"},
        {"account_id": "e", "stateful_workloads": ["db", ""]}, GOOD)),
    "several things wrong with one": ("facts.ndjson", as_lines({"plan": ["pro"], "spend_usd_90d": -1}, GOOD)),
    "an account twice": ("facts.ndjson", as_lines(GOOD, {"account_id": "b"}, {**GOOD, "contract": True})),
    "unknown keys": ("facts.ndjson", as_lines({**GOOD, "spend_usd": 7, "x": 1}, {"account_id": "b", "x": 2})),
    "no JSON": ("facts.ndjson", 'nonsense\n{"account_id":"a"\n7\n["a"]\n' + "[" * 100_000 + "\n" + as_lines(GOOD)),
    "a key twice": ("facts.ndjson", '{"account_id":"a","contract":true,"contract":false}\n' + as_lines(GOOD)),
    "not UTF-8": ("facts.ndjson", b'{"account_id":"a\xff"}\n' + as_lines(GOOD).encode()),
    "a lone surrogate": ("facts.ndjson", '{"account_id":"a\\ud800"}\n' + as_lines(GOOD)),
    "no column for the account": ("facts.csv", "account,plan\na,pro\n"),
    "a column twice": ("facts.csv", "account_id,plan,plan\na,pro,pro\n"),
    "an unknown column": ("facts.csv", "account_id,tenure_day\ngood,7\nb,8\n"),
    "fields that do not fit": ("facts.csv", "account_id,plan\na\nb,pro,x\ngood,pro\n"),
    "fields that are wrong": ("facts.csv", "account_id,spend_usd_90d,contract,created_at,dependants\na,twelve,,,\n"
                              "b,,yes,,\nc,,,noon,\nd,,,,nan\ne,1_000,,,\ngood,1e3,TRUE,,\n"),
    "a field over two lines": ("facts.csv", 'account_id,plan\n"a\nb",pro\ngood,pro\nc,"p\x07"\n'),
    "a quote left open": ("facts.csv", 'account_id,plan\ngood,pro\nb,"pro\nc,pro\n'),
    "a table that is not UTF-8": ("facts.csv", b"account_id,plan\na,\xff\ngood,pro\n"),
}  # fmt: skip


def test_every_wrong_line_is_told(tmp_path: Path, update_golden: bool) -> None:
    """The messages are as agreed: file, line, what is wrong, what to do; no control character reaches a screen."""
    found = []
    for about, (name, content) in WRONG.items():
        flaws = read(tmp_path, content, name)[1]
        assert flaws
        assert all(line.isprintable() for flaw in flaws for line in flaw.splitlines())
        found.append(f"== {about}\n" + "\n".join(flaws))
    text = "\n\n".join(found) + "\n"
    if update_golden:
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


@pytest.mark.parametrize("about", [about for about, (_, content) in WRONG.items() if b"good" in (
    content if isinstance(content, bytes) else content.encode())])  # fmt: skip
def test_the_good_beside_it_is_read(tmp_path: Path, about: str) -> None:
    """Whatever is wrong with other lines, a right one is read, once."""
    name, content = WRONG[about]
    assert [one.account_id for one in read(tmp_path, content, name)[0]].count("good") == 1


def test_no_contact_is_shown(tmp_path: Path) -> None:
    """What somebody's address is does not show in an error."""
    told = read(tmp_path, as_lines({"account_id": "a", "owner_contact": "ada@secret.example\n"}))[1]
    assert len(told) == 1
    assert "secret" not in told[0]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """An absent file or a folder is a flaw, not an accident."""
    for path in (tmp_path / "nowhere.csv", tmp_path):
        facts, flaws = read_facts(path)
        assert facts == []
        assert len(flaws) == 1
        assert "cannot be read" in flaws[0].message


_TEXTS = st.text(st.characters(), min_size=0, max_size=6) | st.sampled_from(["x" * 128, "x" * 129, "{", "a{", " ", "é"])


@given(_TEXTS)
@example("a\u2028")
@example("a\xa0b")
@example("\u00ad")
def test_ids_are_those_that_events_may_have(name: str) -> None:
    """An account id is taken in facts if and only if events may carry it: neither side knows accounts alone."""
    event = {"id": "e", "time": "2026-03-02T00:00:00Z", "type": "inference", "account_id": name}
    taken = Codec([]).decode_records([json.dumps(event).encode()]).frame.height == 1 if _is_utf8(name) else False
    try:
        assert facts_from({"account_id": name}, AS_OF).account_id == name
    except FactsRefused:
        assert not taken
    else:
        assert taken


def _is_utf8(text: str) -> bool:
    return not any(0xD800 <= ord(one) < 0xE000 for one in text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
)


@given(st.dictionaries(st.sampled_from(KEYS), _JSON))
def test_no_record_is_taken_for_more_than_it_says(record: dict[str, Any]) -> None:
    """Whatever a record holds, it is refused, or read; no fact that it does not say becomes known."""
    try:
        facts = facts_from(record, AS_OF)
    except FactsRefused:
        return
    for name in ("spend_usd_90d", "contract", "dependants", "plan", "owner_contact"):
        assert (getattr(facts, name) is None) == (record.get(name) in (None, ""))
