"""The naive twin against expectations worked out by hand from docs/semantics.md."""

from __future__ import annotations

from typing import Any

import pytest
from oracle import Declared, Evaluation, Oracle, peer_table, xxh64

HOUR = 3_600_000
HEARTBEAT: dict[str, Any] = {"type": "heartbeat"}


def declare(aggregate: str, name: str = "f", entity: str = "account", **more: Any) -> Declared:
    """A feature over inferences, in the one-minute window unless told otherwise."""
    return Declared(name, entity, aggregate, **{"windows": ("1m",), "event": ("inference",)} | more)


REQUESTS = declare("count", "requests")
OUTPUTS = declare("count", "outputs", column="output_tokens")


def event(time: int, account: str = "a", **more: Any) -> dict[str, Any]:
    """An inference of an account at a time (ms)."""
    return {"type": "inference", "time": time, "account_id": account} | more


class Run:
    """An oracle fed record by record; an event's stamp is its time unless told otherwise."""

    def __init__(self, *declared: Declared, cap: dict[str, int] | None = None) -> None:
        self.oracle = Oracle(declared, "secret", cap)
        self.offset = -1

    def feed(self, event: dict[str, Any], stamp: int | None = None) -> list[Evaluation]:
        self.offset += 1
        return self.oracle.feed(self.offset, event["time"] if stamp is None else stamp, event)

    def beat(self, stamp: int) -> list[Evaluation]:
        return self.feed(HEARTBEAT, stamp)

    def end(self) -> dict[str, float | None]:
        """The values of the one evaluation that a heartbeat much later triggers."""
        (only,) = self.beat(9 * HOUR)
        return only.values


def values_of(*events: dict[str, Any], declared: list[Declared]) -> dict[str, float | None]:
    """The values after events of one turn, all stamped with the last one's time."""
    run = Run(*declared)
    for each in events:
        assert run.feed(each, events[-1]["time"]) == []
    return run.end()


def test_turn_closes_by_own_later_turn() -> None:
    """A later turn of the same account closes the first, and its record counts only after."""
    run = Run(REQUESTS)
    assert run.feed(event(5_000, plan="free")) == []
    assert run.feed(event(9_999)) == []
    assert run.feed(event(10_000, plan="paid")) == [
        Evaluation(2, "account", ("a",), 0, 9_999, "free", {"requests_1m": 2}, {"requests_1m": False})
    ]
    assert run.oracle.open_turns == {("account", ("a",)): 1}


def test_turn_closes_by_stream_two_ticks_on() -> None:
    """Without a record of its own, a turn closes when the stream is two ticks on, and only once."""
    run = Run(REQUESTS)
    run.feed(event(5_000))
    assert run.beat(19_999) == []
    (evaluation,) = run.beat(20_000)
    assert (evaluation.trigger, evaluation.tick, evaluation.as_of) == (2, 0, 5_000)
    assert run.beat(40_000) == []


def test_backlog_is_judged_in_its_own_time() -> None:
    """Events far behind the stream take its turn, and are evaluated as of their own newest time."""
    run = Run(REQUESTS)
    run.feed(event(5_000), 1_000_000)
    assert run.feed(event(25_000), 1_009_999) == []
    assert run.beat(1_019_999) == []
    (evaluation,) = run.beat(1_020_000)
    assert (evaluation.tick, evaluation.as_of, evaluation.values) == (2, 25_000, {"requests_1m": 2})


def test_event_one_tick_behind_keeps_its_own_turn() -> None:
    """One tick behind is no backlog: turn 1 closes at tick 3; a backlog's turn 2 is not gone back from."""
    run = Run(REQUESTS)
    run.feed(event(5_000, "b"), 29_999)
    for account in "ab":
        run.feed(event(19_999, account), 29_999)
    assert run.oracle.open_turns == {("account", ("a",)): 1, ("account", ("b",)): 2}
    assert [e.entity for e in run.beat(30_000)] == [("a",)]


def test_event_ahead_of_the_stream_holds_its_turn() -> None:
    """An event ahead opens a turn that later, older events of the account join."""
    run = Run(REQUESTS)
    run.feed(event(100_000), 0)
    assert run.feed(event(45_000), 45_000) == []
    assert run.beat(119_999) == []
    (evaluation,) = run.beat(120_000)
    assert (evaluation.as_of, evaluation.values) == (100_000, {"requests_1m": 2})


def test_late_event_counts_while_its_slice_is_in_the_window() -> None:
    """As of 100 s, the minute holds slices 4 to 10 of 10 s: 40 s is in, 39.999 s is not."""
    late = [event(100_000), event(40_000), event(39_999)]
    run = Run(declare("count", "requests", windows=("1m", "10m")))
    for each in late:
        assert run.feed(each, 100_000) == []
    assert run.end() == {"requests_1m": 2, "requests_10m": 3}


def test_span_is_the_window_and_the_running_pane() -> None:
    """Two requests as of 65 s: the minute spans 65 s, ten minutes (slice 0, five panes back) 665 s."""
    rate = declare("rate", "pace", of="requests", windows=("1m", "10m"), per_ms=1_000)
    values = values_of(event(60_000), event(65_000), declared=[REQUESTS, rate])
    assert values["pace_1m"] == pytest.approx(2 / 65)
    assert values["pace_10m"] == pytest.approx(2 / 665)


def test_numbers_are_rounded_to_the_scale_halves_to_even() -> None:
    """Of 62.5 and 187.5 thousandths, 62 and 188 are summed; 96 and 32 bytes are 2 and 0 units of 64."""
    numbers = [declare(kind, kind, column="score") for kind in ("sum", "max", "mean", "deviation")]
    sent = declare("sum", "sent", column="bytes_out")
    events = event(0, score=0.0625, bytes_out=96), event(1, score=0.1875, bytes_out=32), event(2)
    values = values_of(*events, declared=[*numbers, sent])
    expected = {"sum_1m": 0.25, "max_1m": 0.188, "mean_1m": 0.125, "deviation_1m": 0.063, "sent_1m": 128}
    assert values == pytest.approx(expected)


def test_values_without_events() -> None:
    """Counts, sums, distinct and rates are 0 without events; everything else is null."""
    columned = [declare(k, k, column="status") for k in ("sum", "max", "mean", "deviation", "distinct")]
    derived = [declare(k, k, of="outputs", over="outputs") for k in ("rate", "share", "ratio", "bound")]
    rest = [declare("spacing", "gap", column="status"), declare("ascending", "up", column="status")]
    bare = [declare(k, k, windows=(), column="status") for k in ("first_seen", "last_seen")]
    values = values_of(event(0), declared=[OUTPUTS, *columned, *derived, *rest, *bare])
    assert {name for name, value in values.items() if value == 0} == {
        "outputs_1m", "sum_1m", "distinct_1m", "rate_1m",
    }  # fmt: skip
    assert sum(value is None for value in values.values()) == len(values) - 4 == 11


def test_where_must_be_true() -> None:
    """Neither a false nor a null predicate matches."""
    failed = declare("count", where=lambda e: None if "status" not in e else e["status"] >= 400)
    events = event(0, status=500), event(1, status=200), event(2)
    assert values_of(*events, declared=[failed]) == {"f_1m": 1}


def test_distinct_counts_texts_once() -> None:
    """Two of 512 bits set: −512 ln(510/512) = 2.004, so 2, however often each text comes."""
    models = declare("distinct", "models", column="model")
    statuses = declare("distinct", "statuses", column="status")
    events = [event(i, model=f"m{i % 2}", status=200) for i in range(6)]
    assert values_of(*events, declared=[models, statuses]) == {"models_1m": 2, "statuses_1m": 1}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0xEF46DB3751D8E999),
        (b"a", 0xD24EC4F1A98C6E5B),
        (b"abc", 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1),
    ],
)
def test_xxh64_reference_vectors(data: bytes, expected: int) -> None:
    """The published hashes come out, with and without whole stripes of 32 bytes."""
    assert xxh64(data) == expected


def test_share_and_bound() -> None:
    """1 of 2 is a half and at least (1.4604 − 1.96·√0.3651)/2.9208 = 0.0945; 2 of 1 as 1 of 1: 1/4.8416."""
    part = declare("share", "part", of="outputs", over="requests")
    least = declare("bound", "least", of="outputs", over="requests")
    beyond = declare("bound", "beyond", of="requests", over="outputs")
    declared = [REQUESTS, OUTPUTS, part, least, beyond]
    values = values_of(event(0, output_tokens=9), event(1), declared=declared)
    assert values["part_1m"] == 0.5
    assert values["least_1m"] == pytest.approx(0.0945, abs=5e-5)
    assert values["beyond_1m"] == pytest.approx(1 / 4.8416)


def test_spacing_skips_late_events() -> None:
    """Gaps of 100, 20 and 30 s (the first event is past, 115 s late): mean 50 s, deviation √(3800/3)."""
    run = Run(declare("spacing", "gap"))
    for time in (0, 100_000, 120_000, 115_000, 150_000):
        run.feed(event(time))
    values = run.end()
    assert values["gap_mean_1m"] == pytest.approx(50)
    assert values["gap_variation_1m"] == pytest.approx((3800 / 3) ** 0.5 / 50)


def test_ascending_by_last_run_of_digits() -> None:
    """Of the ordinals 7, 9, 13, 14, 14 after one another, 9 and 14 step by 1 to 3: two of four."""
    paths = ["/v2/p7", "/v2/p9", "/v2/p13", "/about", "/1234567890123456", "/p14", "/p14.html"]
    events = [event(i, path=path) for i, path in enumerate(paths)]
    assert values_of(*events, declared=[declare("ascending", column="path")]) == {"f_1m": 0.5}


def test_last_seen_is_the_newest_matching_event() -> None:
    """The newest event with output is at 20 s, whichever came last; as of 50 s that is 30 s ago."""
    run = Run(declare("last_seen", "last", windows=(), column="output_tokens"))
    for each in (event(20_000, output_tokens=1), event(50_000), event(15_000, output_tokens=1)):
        run.feed(each, 50_000)
    assert run.end() == {"last": 30}


def test_history_is_enough_from_a_window_after_birth() -> None:
    """Born at 5 s, the minute has enough history as of 65 s, not a millisecond earlier."""
    rate = declare("rate", "pace", of="requests", windows=("1m", "10m"))
    bare = declare("last_seen", "last", windows=())
    run = Run(REQUESTS, rate, bare)
    run.beat(5_000)
    run.feed(event(64_999, "a"))
    run.feed(event(65_000, "b"))
    early, later = run.beat(80_000)
    assert early.enough == {"requests_1m": False, "pace_1m": False, "pace_10m": False, "last": True}
    assert later.enough == {"requests_1m": True, "pace_1m": True, "pace_10m": False, "last": True}


def test_first_seen_is_what_is_proven() -> None:
    """An account's creation and its signup prove; the first event only after a window of stream."""
    run = Run(REQUESTS, declare("first_seen", "age", windows=()))
    run.feed(event(5_000, "early"), 5_000)
    run.feed(event(64_999, "created", account_created_at=1_999), 64_999)
    run.feed(event(64_999, "signed", type="signup"), 64_999)
    run.feed(event(65_000, "watched"), 65_000)
    run.feed(event(69_000, "watched"), 69_000)
    run.feed(event(8_999, "late"), 69_000)
    ages = {e.entity[0]: e.values["age"] for e in run.beat(100_000)}
    assert ages == {"created": 63, "signed": 0, "watched": 4, "late": None}


def test_whole_hour_frees_the_silent_but_remembers_first_seen() -> None:
    """At 1 h, accounts silent since before 59 min are forgotten, but not that, nor when, they were seen."""
    last = declare("last_seen", "last", windows=(), column="output_tokens")
    run = Run(REQUESTS, declare("first_seen", "age", windows=()), last)
    run.feed(event(0, "unproven"))
    run.feed(event(100_000, "gone", output_tokens=1))
    run.feed(event(HOUR - 60_000, "ahead"), 100_000)
    run.feed(event(HOUR - 60_000, "stays", output_tokens=1))
    run.feed(event(0, "backlog"), HOUR - 60_000)
    run.beat(HOUR)
    assert set(run.oracle.kept["account"]) == {("stays",), ("ahead",), ("backlog",)}
    for account in ("gone", "stays", "unproven"):
        run.feed(event(HOUR + 1_000, account))
    gone, stays, unproven = run.beat(HOUR + 20_000)
    assert gone.values == {"requests_1m": 1, "age": 3_501, "last": None}
    assert stays.values == {"requests_1m": 2, "age": 61, "last": 61}
    assert unproven.values == {"requests_1m": 1, "age": None, "last": None}


def test_peer_tables_are_made_at_whole_hours() -> None:
    """Of 20 accounts with 1 to 20 requests, 4 have less than 5; 19 peers say nothing, nor do others."""
    run = Run(REQUESTS)
    for account in range(20):
        for _ in range(account + 1):
            run.feed(event(account, f"a{account}", plan="free"))
    for account in range(19):
        run.feed(event(account, f"b{account}"), 19)
    assert run.oracle.percentile("account", "free", "requests_1m", 5) is None
    run.beat(HOUR)
    assert run.oracle.percentile("account", "free", "requests_1m", 5) == 0.2
    assert run.oracle.percentile("account", None, "requests_1m", 5) is None
    assert run.oracle.percentile("account", "free", "other_1m", 5) is None
    assert run.oracle.kept["account"] == {}


def test_record_at_the_hour_counts_after_the_tables() -> None:
    """The record that moves the hour is in no table; an open turn ahead of the stream is."""
    run = Run(REQUESTS)
    run.feed(event(HOUR + 50_000, "ahead"), 0)
    assert run.feed(event(HOUR + 50_000, "ahead"), HOUR) == []
    assert run.oracle.peers == {("account", None, "requests_1m"): [1]}


def test_peer_table_of_many() -> None:
    """Of 2,001 values every other is held, of 1,001 all, and 1,000 as they are."""
    assert peer_table(range(2001)) == list(range(0, 2001, 2))
    assert peer_table(range(1001)) == list(range(1001))
    assert peer_table([3, 1, 2]) == [1, 2, 3]


def test_cap_frees_the_longest_silent() -> None:
    """One too many frees those whose last record is oldest, a 64th; their turns are never evaluated."""
    run = Run(REQUESTS, cap={"account": 2})
    for account in "abac":
        run.feed(event(0, account))
    assert run.oracle.dropped_turns == 1
    assert [e.entity for e in run.beat(20_000)] == [("a",), ("c",)]
    large = Run(REQUESTS, cap={"account": 128})
    for number in range(129):
        large.feed(event(0, f"{number:03}"))
    assert sorted(large.oracle.kept["account"])[:2] == [("002",), ("003",)]


def test_denied_events_and_heartbeats_only_move_the_stream() -> None:
    """A denied event of the same account closes its turn by the stream's time, and never counts."""
    run = Run(REQUESTS)
    run.feed(event(5_000))
    assert run.feed(event(15_000, denied_by_us=True)) == []
    (evaluation,) = run.feed(event(20_000, denied_by_us=True))
    assert (evaluation.trigger, evaluation.values) == (2, {"requests_1m": 1})
    assert run.beat(60_000) == []


def test_kinds_of_entities() -> None:
    """A key is its account's; workloads without a feature are not kept; some reports touch nothing."""
    run = Run(REQUESTS, declare("count", "calls", entity="key"))
    run.feed(event(5_000, "b", api_key_id="k", workload_id="w"))
    run.feed(event(6_000, "a", api_key_id="k"))
    run.feed({"type": "report", "time": 7_000})
    assert set(run.oracle.kept) == {"account", "key"}
    assert [(e.kind, e.entity) for e in run.beat(20_000)] == [
        ("account", ("a",)),
        ("account", ("b",)),
        ("key", ("a", "k")),
        ("key", ("b", "k")),
    ]


def test_an_entity_that_began_after_the_birth_has_all_its_history() -> None:
    """A sign-up seen by the stream proves that the windows hold the whole life."""
    run = Run(REQUESTS)
    run.beat(5_000)
    run.feed(event(6_000, "a", account_created_at=5_999))
    run.feed(event(6_000, "b", account_created_at=4_999))
    assert [one.enough["requests_1m"] for one in run.beat(80_000)] == [True, False]
