"""The bridge without a broker: what records become, where they go, how a source waits."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from thorough import examples

from features.event import COLUMNS, EVENT_TYPES, RECORD_BYTES, carried_by
from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.formats import FORMATS, open_reader
from streams.worker.bridge.crossing import MAY_HOLD_PROMPTS, Crossed, Crossing, OfMessages
from streams.worker.bridge.parcels import Row, by_partition, rows_of
from streams.worker.bridge.sources import BridgeSource
from streams.worker.bridge.standing import Standing
from streams.worker.bridge.telemetry import BridgeTelemetry
from streams.worker.connection import KafkaSettings
from streams.worker.letters.graves import from_record
from streams.worker.names import Names

SAMPLES = Path(__file__).parents[1] / "streams" / "formats" / "samples"
FILES = {"litellm": ["litellm.jsonl"], "otel-genai": ["otel-genai.jsonl", "otel-logs.jsonl"], "falco": ["falco.jsonl"],
         "dcgm": ["dcgm.jsonl"], "cloudevents": ["cloudevents.jsonl"]}  # fmt: skip
LINES = {form: [line for file in files for line in (SAMPLES / file).read_bytes().splitlines()]
         for form, files in FILES.items()}  # fmt: skip
LINES["access-log"] = [
    b'10.1.2.3 - alice [02/Mar/2026:09:00:00 +0000] "GET /a?q=1 HTTP/1.1" 200 5 "-" "curl/8.0"',
    b'2001:db8::1 - - [02/Mar/2026:09:00:01 +0100] "POST /b HTTP/1.1" 404 - "http://x.example/" "say \\"hi\\", {}"',
]
OURS = KafkaSettings(bootstrap="broker.example:9092")
TEXTS = ["", " ", "\n", ',"x":null', '","region":null,"x":"', '\\",\\"a\\":null', "\\", "\x00", "\x1b[31m", "\u2028",
         "é", "😀", "x" * 300, "null", "[bold]", "{}"]  # fmt: skip
ODD = [*TEXTS, 0, -1, 5, 2.5, 1e-7, 0.1 + 0.2, 123456.789, 10**15, 1e300, True, None]


@dataclass
class Record:
    """A consumed record, as far as the bridge looks at one."""

    value: bytes | None
    offset: int = 0
    timestamp: int = 1_772_442_000_000
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = field(default=())


def records(values: Sequence[bytes | None], first: int = 100) -> list[Record]:
    """Records whose offsets lie 2 apart, as in a compacted topic."""
    return [Record(value, first + 2 * n, 1_772_442_000_000 + n) for n, value in enumerate(values)]


def crossing(form: str, account_field: str | None = None, topic: str = "theirs") -> Crossing:
    return Crossing(BridgeSource("s", topic, OURS, form, account_field), "key")


def seen(frame: pl.DataFrame) -> pl.DataFrame:
    """Without the ordinals, and without what a type does not carry: nobody looks at that."""
    return frame.select(
        pl.when(pl.col("type").is_in(column.types)).then(name).alias(name) if column.types else pl.col(name)
        for name, column in COLUMNS.items()
    )


def read_directly(form: str, lines: Sequence[bytes]) -> pl.DataFrame:
    """What the format's reader makes of records."""
    reader = open_reader(form, COLUMNS, "key")
    if isinstance(reader, OfMessages):
        return seen(reader.decode_messages([((), line) for line in lines]).frame)
    return seen(reader.decode(b"\n".join(lines)).frame)


def read_natively(crossed: Crossed) -> pl.DataFrame:
    """What the worker makes of what the bridge wrote; nothing of it is a dead letter."""
    decoded = Codec(COLUMNS).decode_records(crossed.values)
    assert decoded.dead == []
    assert decoded.unknown_keys == {}
    return seen(decoded.frame)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a record's texts and numbers stand."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [path] if below is None else [p for key, one in below for p in places(one, (*path, key))]


@st.composite
def changed(draw: st.DrawFn, form: str) -> bytes:
    """A sample's line with up to three of its values changed."""
    line = draw(st.sampled_from(LINES[form]))
    if form == "access-log":
        return line
    record = deepcopy(json.loads(line))
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(places(record)))
        holder = record
        for key in way:
            holder = holder[key]
        holder[last] = draw(st.sampled_from(ODD))
    return json.dumps(record, ensure_ascii=draw(st.booleans())).encode()


@pytest.mark.parametrize("form", LINES)
@settings(max_examples=examples(60), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_bridged_events_are_the_formats_own(form: str, data: st.DataObject) -> None:
    """The native codec reads from the bridged JSON the frame that the format's reader gave, value by value."""
    lines = data.draw(st.lists(changed(form), min_size=1, max_size=6))
    assert_frame_equal(
        read_natively(crossing(form).cross(0, records(lines))), read_directly(form, lines), check_exact=True
    )


def _value(name: str) -> st.SearchStrategy[Any]:
    column = COLUMNS[name]
    return {
        "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(TEXTS),
        "int": st.integers(round(column.least), round(column.most)),
        "float": st.floats(column.least, column.most),
        "bool": st.booleans(),
        "time": st.integers(0, 19_880_899_199_999).map(rfc3339),
    }[column.kind]  # fmt: skip


@st.composite
def native(draw: st.DrawFn) -> bytes:
    """A native event of any type with any of its columns."""
    kind = draw(st.sampled_from([one for one in EVENT_TYPES if one not in ("heartbeat", "standing", "control")]))
    names = [n for n in COLUMNS if carried_by(n, kind) and n not in ("id", "type", "account_id", "time")]
    chosen = draw(st.lists(st.sampled_from(names), max_size=8, unique=True))
    event = {
        "id": "e",
        "type": kind,
        "account_id": draw(st.sampled_from(["a", "é", "0", ' x",'])),
        "time": draw(_value("time")),
    }
    return json.dumps(event | {name: draw(_value(name)) for name in chosen}, ensure_ascii=draw(st.booleans())).encode()


@settings(max_examples=examples(300), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(native(), min_size=1, max_size=6))
def test_native_events_stay_what_they_are(lines: list[bytes]) -> None:
    """Any native event, whatever its texts hold, comes out as it went in; keys are the accounts."""
    crossed = crossing("native").cross(0, records(lines))
    frame = read_natively(crossed)
    assert_frame_equal(frame, read_directly("native", lines), check_exact=True)
    assert crossed.keys == [name.encode() for name in frame["account_id"]]


def event(name: str, **more: Any) -> bytes:
    return json.dumps(
        {"id": name, "time": "2026-03-02T09:00:00Z", "type": "inference", "account_id": "acme", **more}
    ).encode()


def test_every_record_has_its_own_place() -> None:
    """Blank, broken and good records keep their offsets, stamps and order; newlines make no records."""
    pretty = json.dumps(json.loads(event("e2")), indent=1).encode()
    values: list[bytes | None] = [
        event("e0"),
        None,
        pretty,
        b" \r\n",
        b"{",
        event("e5"),
        b"",
        event("e7") + b"\n" + event("e8"),
    ]
    crossed = crossing("native").cross(3, records(values))
    assert [json.loads(value)["id"] for value in crossed.values] == ["e0", "e2", "e5"]
    assert [stamp - 1_772_442_000_000 for stamp in crossed.stamps] == [0, 2, 5]
    told = [(g.source, g.partition, g.offset, g.stamp - 1_772_442_000_000, g.reason) for g in crossed.graves]
    assert told == [("theirs", 3, 102, 1, "blank"), ("theirs", 3, 106, 3, "blank"), ("theirs", 3, 108, 4, "not_json"),
                    ("theirs", 3, 112, 6, "blank"), ("theirs", 3, 114, 7, "not_json")]  # fmt: skip
    assert [grave.value for grave in crossed.graves] == [b"", b" \r\n", b"{", b"", values[7]]
    assert crossed.records == 8


def test_only_blank_records() -> None:
    """A poll without a single event is nothing but dead letters."""
    crossed = crossing("falco").cross(0, records([None, b"", b"\n"]))
    assert crossed.values == []
    assert [grave.reason for grave in crossed.graves] == ["blank"] * 3


def test_records_with_many_events_keep_their_offset() -> None:
    """Events and dead letters of one record all stand at that record's offset; skipped parts are counted."""
    lines = LINES["otel-genai"]
    crossed = crossing("otel-genai").cross(0, records([b"{", *lines]))
    reader = open_reader("otel-genai", COLUMNS, "key")
    alone = [reader.decode(line) for line in lines]
    expected = [1_772_442_000_001 + n for n, one in enumerate(alone) for _ in range(one.frame.height)]
    assert crossed.stamps == expected
    assert crossed.skipped == sum(one.skipped for one in alone) > 0
    assert crossed.graves[0].offset == 100


def test_heartbeats_standings_and_controls_stay_outside() -> None:
    """Another topic's heartbeats and standings tell nothing of ours and are skipped; a control record is buried."""
    beat, told = event("h", type="heartbeat"), event("s", type="standing", phase="lifted")
    crossed = crossing("native").cross(0, records([beat, told, event("e"), event("c", type="control")]))
    assert (len(crossed.values), crossed.skipped) == (1, 2)
    assert dict(crossed.reasons) == {"unsigned_control": 1}


def test_reports_without_an_account_have_no_key() -> None:
    """What belongs to nobody yet is keyed by nothing."""
    report = json.dumps({"id": "r", "time": "2026-03-02T09:00:00Z", "type": "report", "subject_ref": "x"}).encode()
    assert crossing("native").cross(0, records([report, event("e")])).keys == [None, b"acme"]


def test_what_the_worker_would_refuse_is_buried_here() -> None:
    """An event that is longer as native JSON than a record may be is a dead letter, and holds nobody up."""
    names = '{"id":"e%d","time":"2026-03-02T09:00:00Z","type":"inference","account_id":"acme","user_agent":%s}'
    growing = (names % (1, "[" + '"\\\\",' * 9_000 + "1]")).encode()  # an array becomes a text, its quotes are escaped
    assert len(growing) < RECORD_BYTES
    crossed = crossing("native").cross(0, records([growing, event("e2")]))
    assert [json.loads(value)["id"] for value in crossed.values] == ["e2"]
    assert [(g.offset, g.reason, g.value) for g in crossed.graves] == [(100, "oversized", growing)]


def test_a_long_record_is_clipped() -> None:
    """A grave never holds more than a record may be, and says when it holds less than there was."""
    record = Record(b"{" + b"x" * RECORD_BYTES, key=b"k" * 5_000)
    (grave,) = crossing("native").cross(0, [record]).graves
    assert grave.clipped
    assert (len(grave.value), len(grave.key or b"")) == (1024, 1024)


@pytest.mark.parametrize("form", sorted(MAY_HOLD_PROMPTS))
def test_nothing_of_a_prompt_is_kept(form: str) -> None:
    """Of formats whose records may hold prompts neither events nor dead letters show any of it."""
    broken = [line[:-1] for line in LINES[form]] + [
        line.replace(b"tenant-", b"").replace(b"team-", b"\\u0000") for line in LINES[form]
    ]
    with_prompt = [*LINES[form], *broken, b'{"prompt":"CANARY', b"CANARY", b'{"data":"CANARY"}']
    assert any(b"CANARY" in line for line in with_prompt)
    crossed = crossing(form).cross(0, records(with_prompt))
    assert crossed.graves
    assert crossed.values
    assert all(grave.withheld and grave.value == b"" for grave in crossed.graves)
    written = rows_of([crossed], Names())
    assert not any(b"CANARY" in bytes(repr(row), "utf-8") for rows in written.values() for row in rows)


def test_every_format_that_withholds_elsewhere_withholds_here() -> None:
    """A format whose reader shows nothing of a broken record keeps nothing of it in a grave either."""
    for form in FORMATS:
        dead = open_reader(form, COLUMNS, "key").decode(b'{"CANARY').dead
        assert (b"CANARY" not in dead[0].payload) == (form in MAY_HOLD_PROMPTS), form


def test_binary_cloud_events() -> None:
    """Attributes in headers and data in the value make an event; headers without a value are no trouble."""
    texts = {"specversion": b"1.0", "id": b"1", "source": b"/gw", "type": b"inference", "subject": b"acme",
             "time": b"2026-03-02T09:00:00Z"}  # fmt: skip
    head = [*((f"ce_{name}", value) for name, value in texts.items()), ("traceparent", None)]
    crossed = crossing("cloudevents").cross(
        0, [Record(b'{"input_tokens":7}', headers=head), Record(None, 1, headers=head)]
    )
    found = [json.loads(value) for value in crossed.values]
    assert [(one["id"], one["account_id"], one.get("input_tokens")) for one in found] == [
        ("/gw 1", "acme", 7),
        ("/gw 1", "acme", None),
    ]


@settings(max_examples=examples(200), deadline=None, database=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=20), st.integers(1, 96))
def test_partitions_are_the_java_clients(accounts: list[str], partitions: int) -> None:
    """An account's events go where aiokafka's and Java's default partitioner would put them, in their order."""
    rows: list[Row] = [(name.encode(), str(n).encode(), None, []) for n, name in enumerate(accounts)]
    lanes = by_partition(rows, partitions)
    every = list(range(partitions))
    for partition, own in lanes.items():
        assert all(DefaultPartitioner()(row[0], every, every) == partition for row in own)
        assert [int(row[1]) for row in own] == sorted(int(row[1]) for row in own)
    assert sum(map(len, lanes.values())) == len(rows)


def test_a_history_topic_keeps_the_stamps() -> None:
    """Only where the events topic carries its producers' stamps are the source's handed on; no stamp is none."""
    crossed = crossing("native").cross(0, [Record(event("a")), Record(event("b"), 1, -1)])
    live, history = (rows_of([crossed], Names(events_history=kept))["usage.events"] for kept in (False, True))
    assert [row[2] for row in live] == [None, None]
    assert [row[2] for row in history] == [1_772_442_000_000, None]


def test_graves_lie_as_others_do() -> None:
    """What is written of a dead letter is read back as the same one."""
    crossed = crossing("falco", topic="falco.alerts").cross(5, [Record(b"no json", 77, key=b"k")])
    ((key, value, _, headers),) = rows_of([crossed], Names())["usage.dead-letters"]
    found = from_record(key, value, headers)
    assert found == crossed.graves[0]
    assert (found.source, found.partition, found.offset, found.reason, found.value) == (
        "falco.alerts",
        5,
        77,
        "not_json",
        b"no json",
    )


def test_compressed_looking_records_are_no_bombs() -> None:
    """A record that is a gzip file is a dead letter, never unpacked."""
    for form in FORMATS:
        crossed = crossing(form).cross(0, records([gzip.compress(b"{}\n" * 100_000)]))
        assert (len(crossed.values), len(crossed.graves)) == (0, 1), form


class Said:
    """A log that a test reads."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def bind(self, **_: object) -> Said:
        return self

    def info(self, event: str, **facts: Any) -> None:
        self.lines.append(("info", event, facts))

    def error(self, event: str, **facts: Any) -> None:
        self.lines.append(("error", event, facts))


def test_a_source_waits_ever_longer_and_says_so_once() -> None:
    """The wait doubles up to 60 s and begins anew after success; each change of standing is one line."""
    log, now = Said(), [0.0]
    telemetry = BridgeTelemetry(["s"])
    standing = Standing("s", telemetry, log, lambda: now[0])
    assert [standing.fall("no broker") for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert [(level, facts.get("reason")) for level, _, facts in log.lines] == [("error", "no broker")]
    assert standing.tell() == {"up": False, "reason": "no broker"}
    standing.fall("no topic")
    standing.rise()
    standing.rise()
    assert standing.fall("no topic\x1b[2J") == 1
    assert [level for level, _, _ in log.lines] == ["error", "error", "info", "error"]
    assert "\x1b" not in standing.reason
    samples = {
        s.name: s.value
        for family in telemetry.registry.collect()
        for s in family.samples
        if s.labels.get("source") == "s"
    }
    assert (samples["tipstaff_bridge_failures_total"], samples["tipstaff_bridge_up"]) == (10, 0)
    now[0] = 400.0
    assert standing.still_s == 400.0
