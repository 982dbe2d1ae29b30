"""Records of ties: what they hold, and that no cut of the log changes them."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Oracle, xxh64
from random_logs import HASH_KEY, START, Record, catalog, declared, logs
from thorough import examples

from features.event import COLUMNS
from features.observe import Observer
from features.tie_codes import shown
from features.tie_state import TieState, count_active
from features.tie_sums import SUMS
from features.tie_values import LASTING, TIE_KINDS
from features.tie_waiting import Waiting
from features.ties import COLUMNS_READ, GAPS, MOST_VALUES, RECORD, records

DECLARED: list[dict[str, Any]] = [
    {"name": "requests", "entity": "account", "aggregate": "count", "event": ["inference", "fetch"],
     "windows": ["1h", "7d"], "signal": "output"},
    {"name": "age", "entity": "account", "aggregate": "first_seen", "signal": "identity"},
]  # fmt: skip
SOURCE = 3
SHOWN = {
    "payment_fingerprint": ["card-1", "card-2", "unknown"], "device_fingerprint": ["dev-1", "0000"],
    "email_domain": ["mail.example"], "asn": ["AS1", "AS2", ""], "ja4": ["t13d1516h2_8daaf6152771_b186095e22b6"],
    "source_ip": ["203.0.113.7", "203.0.113.90", "10.1.2.3"], "image_digest": ["sha256:aa", "sha256:00"],
    "template_fingerprint": ["t1", "t2"],
}  # fmt: skip


@st.composite
def tied_logs(draw: st.DrawFn) -> list[Record]:
    """Random logs whose events show ties now and then."""
    found = draw(logs(40))
    for record in found:
        for name, values in SHOWN.items():
            if draw(st.integers(0, 2)) == 0 and record.event["type"] != "heartbeat":
                record.event[name] = draw(st.sampled_from(values))
        record.event["cost_usd"] = draw(st.sampled_from([None, 0.25]))
        record.event["recipients"] = draw(st.sampled_from([None, 3]))
    return found


def frame(log: list[Record], first: int) -> pl.DataFrame:
    names = dict.fromkeys(("type", "time", "account_id", "plan", "denied_by_us", "account_created_at", *COLUMNS_READ))
    columns = {n: pl.Series([r.event.get(n) for r in log], dtype=COLUMNS[n].dtype) for n in names}
    stamps = pl.Series([r.stamp for r in log], dtype=pl.Int64)
    return pl.DataFrame({"offset": range(first, first + len(log)), "stamp": stamps, **columns})


def sent(
    log: list[Record], cuts: list[int], cap: int | None = None, restarts: bool = False, most_blocks: int = 64
) -> pl.DataFrame:
    """What the first stage sends of a log cut into chunks; restarts: what waits is kept and read back after each."""
    engine = Observer(catalog(DECLARED), HASH_KEY, {"account": cap} if cap else None)
    state, found = engine.empty(), [pl.DataFrame(schema=RECORD)]
    ties = TieState(Waiting(most_blocks=most_blocks))
    for first, last in pairwise(sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})):
        for part in engine.parts(state, frame(log[first:last], first), lambda: count_active(ties, state)):
            found.append(records(ties, part, SOURCE, HASH_KEY))
            engine.forget_closed(state)
        if restarts:
            ties.waiting = ties.waiting.sample(fraction=1, shuffle=True, seed=1)  # a frame of rows, in any order
    assert pl.concat(found).schema == RECORD
    return pl.concat(found)


CUTS = st.lists(st.integers(0, 40), max_size=5)


@settings(max_examples=examples(24), deadline=None)
@given(
    log=tied_logs(),
    cuts=CUTS,
    cap=st.sampled_from([None, None, 1, 2]),
    restarts=st.booleans(),
    most_blocks=st.sampled_from([1, 2, 64]),
)
def test_no_cut_changes_what_is_sent(log: list[Record], cuts: list[int], cap: int | None, restarts: bool,
                                     most_blocks: int) -> None:  # fmt: skip
    """A log in one chunk and in several gives the same rows in the same order: at a cap on accounts too, where what
    waits was kept in between, and in however few blocks it waits.
    """
    whole = sent(log, [], cap)
    assert whole.equals(sent(log, cuts, cap, restarts, most_blocks))
    assert whole.equals(whole.sort("trigger", "kind", "tie", "account"))


@settings(max_examples=examples(24), deadline=None)
@given(log=tied_logs(), cuts=CUTS)
def test_every_record_is_the_naive_one(log: list[Record], cuts: list[int]) -> None:
    """Each record is what one gets event by event from the definition; so is each marker."""
    found = sent(log, cuts)
    ours = found.filter(pl.col("tie").is_not_null()).drop("active").sort("trigger", "kind", "tie", "account")
    expected_rows = naive(log)
    for one, other in zip(ours.to_dicts(), expected_rows, strict=False):
        assert {k: (v, other[k]) for k, v in one.items() if v != other[k]} == {}
    assert ours.height == len(expected_rows)
    marks = found.filter(pl.col("tie").is_null()).select("trigger", "source", "stream").rows()
    now, expected = -1, []
    for offset, record in enumerate(log):
        now, before = max(now, record.stamp // 10_000), now
        expected += [(offset, SOURCE, now)] * (now > before)
    assert marks == expected


def naive(log: list[Record]) -> list[dict[str, Any]]:
    """The records of a log, from the oracle's turns and plain lists."""
    twin, found, stream = Oracle(declared(DECLARED), HASH_KEY), [], 0
    turns: dict[str, list[dict[str, Any]]] = defaultdict(list)  # the open turn's use of each account
    past: dict[str, dict[str, Any]] = {}
    for offset, record in enumerate(log):
        stream = max(stream, record.stamp)
        before = dict(twin.open_turns)
        for one in twin.feed(offset, record.stamp, record.event):
            account = one.entity[0]
            found += turn_records(one, turns.pop(account, []), past.setdefault(account, {}), stream)
        for account in [a for a in turns if twin.open_turns.get(("account", (a,))) != before.get(("account", (a,)))]:
            turns.pop(account)  # closed by a turn of no use
        own = record.event
        if own["type"] == "heartbeat" or own.get("denied_by_us") is True:
            continue
        if len(twin.kept["account"][own["account_id"],]) == 1:
            past.pop(own["account_id"], None)  # kept anew
        if own["type"] != "standing":
            turns[own["account_id"]].append(own)
    return sorted(found, key=lambda r: (r["trigger"], TIE_KINDS.index(r["kind"]), r["tie"], r["account"]))


def turn_records(one: Any, used: list[dict[str, Any]], past: dict[str, Any], stream: int) -> list[dict[str, Any]]:
    shown: dict[str, dict[int, list[dict[str, Any]]]] = {kind: defaultdict(list) for kind in TIE_KINDS}
    for event in used:
        for kind, text in texts(event).items():
            shown[kind][xxh64(f"{HASH_KEY}\x1f{kind}\x1f{text}".encode())].append(event)
    for kind in LASTING:
        last = list(dict.fromkeys(t for e in reversed(used) for t in shown[kind] if e in shown[kind][t]))
        past[kind] = last[0] if last else past.get(kind)
        under = list(shown[kind]) or ([past[kind]] if past[kind] is not None else [])
        shown[kind] = defaultdict(list, dict.fromkeys(under, used))
    templates = Counter({tie: len(events) for tie, events in shown["template_fingerprint"].items()})
    template = min(templates, key=lambda tie: (-templates[tie], tie), default=None)
    asked = max((e["time"] for e in used if e["type"] in ("inference", "fetch", "message")), default=None)
    before = past.get("asked")
    if asked is not None:
        past["asked"] = max(asked, before or asked)
    gap = min(asked - before, 2**31 - 1) if asked is not None and before is not None and asked >= before else None
    gaps = (0, 0, 0, 0) if gap is None else (1, gap, gap * gap >> 31, gap * gap & (2**31 - 1))
    age = one.values["age"]
    common = {"trigger": one.trigger, "source": SOURCE, "stream": stream // 10_000, "tick": one.tick,
              "account": one.entity[0], "plan": one.plan, "age_s": None if age is None else int(age),
              "template": template, **dict(zip(GAPS, gaps, strict=True))}  # fmt: skip
    rows = [{**common, "kind": kind, "tie": tie, **sums(events)} for kind in TIE_KINDS
            for tie, events in shown[kind].items()]  # fmt: skip
    return [{name: row[name] for name in RECORD if name != "active"} for row in rows]


def sums(events: list[dict[str, Any]]) -> dict[str, int]:
    def of(kind: str) -> list[dict[str, Any]]:
        return [event for event in events if event["type"] == kind]

    tokens = sum(event.get("output_tokens") or 0 for event in of("inference"))
    cost = sum(round((event.get("cost_usd") or 0) * 1_000_000) for event in of("inference"))
    recipients = sum(event.get("recipients") or 0 for event in of("message"))
    found = (len(events), len(of("inference")), tokens, 0, len(of("message")), recipients, len(of("fetch")), cost)
    return dict(zip(SUMS, found, strict=True))


def texts(event: dict[str, Any]) -> dict[str, str]:
    """The tie texts of an event, told by hand for the values of SHOWN."""
    nothing = ("unknown", "0000", "", "sha256:00")
    told = {name: None if event.get(name) in nothing else event.get(name) for name in SHOWN}
    found = {name: str(told[name]) for name in TIE_KINDS if told.get(name)}
    address = told["source_ip"] or "10."
    if not address.startswith("10."):
        found["address_block"] = address.rpartition(".")[0]
    if told["ja4"] and told["asn"]:
        found["ja4_asn"] = f"{told['ja4']}\x1f{told['asn']}"
    if event["type"] == "signup" and told["email_domain"] and told["asn"]:
        found["signup_burst"] = f"{told['email_domain']}\x1f{told['asn']}\x1f{event['time'] // 600_000}"
    return found


@pytest.mark.parametrize(("column", "value", "kind"), [
    ("payment_fingerprint", "", "payment_fingerprint"), ("payment_fingerprint", " Unknown ", "payment_fingerprint"),
    ("device_fingerprint", "00000000-0000-0000-0000-000000000000", "device_fingerprint"),
    ("image_digest", "sha256:0000000000000000", "image_digest"),
    ("template_fingerprint", "e3b0c44298fc1c149afbf4c8996fb924", "template_fingerprint"),
    ("ja4", "t13d000000_000000000000_000000000000", "ja4_asn"), ("asn", "-", "ja4_asn"), ("asn", None, "ja4_asn"),
    *[("source_ip", address, "address_block") for address in
      ("10.1.2.3", "172.20.0.1", "192.168.1.1", "100.64.0.9", "127.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0",
       "fd00:1:2::3", "ff02::1", "::ffff:10.0.0.1", "0.0.0.0", "-")],
])  # fmt: skip
def test_what_says_nothing_ties_nobody(column: str, value: str | None, kind: str) -> None:
    """Absent, placeholder and placeless values have no tie, where an ordinary one beside them has."""
    told = {"type": "inference", "time": START, "ja4": "t13d1516h2_8daaf6152771_b186095e22b6", "asn": "AS1"}
    ordinary = {"source_ip": "198.18.4.4", "ja4": told["ja4"], "asn": "AS1"}.get(column, "f00d")
    rows = pl.DataFrame([{**told, column: value}, {**told, column: ordinary}])
    assert (shown(rows, HASH_KEY)[kind].of_events == 0).tolist() == [True, False]


@pytest.mark.parametrize(("one", "other", "tied"), [
    ("198.18.4.4", "198.18.4.250", True), ("198.18.4.4", "198.18.5.4", False),
    ("198.18.4.4", "::ffff:198.18.4.9", True),
    ("2001:db8:1::5", "2001:0DB8:0001:ffff::9", True), ("2001:db8:1::5", "2001:db8:2::5", False),
    ("2001:db8::1", "2001:db8:0:7:1::", True), ("2001::1:2:3:4:5:6", "2001:0:1:2:3:4:5:6", True),
    ("2001::1:2:3:4:5:6", "2001:0:2::", False), ("6f1ed002ab55", "6f1ed002ab55", True), ("6f1ed002ab55", "6f1e", False),
])  # fmt: skip
def test_addresses_of_one_block_are_tied(one: str, other: str, tied: bool) -> None:
    """A /24, a /48 in whichever spelling, or the same hash of an address; and nothing else."""
    rows = pl.DataFrame({"type": "inference", "time": START, "source_ip": [one, other]})
    assert len(set(shown(rows, HASH_KEY)["address_block"].of_events.tolist())) == (1 if tied else 2)


def test_a_turn_shows_at_most_so_many_values_of_a_kind() -> None:
    """Of many templates in one turn those of most events are told, the rest are counted."""
    shown = [n for n in range(12) for _ in range(n + 1)]
    log = [Record(START, {"type": "inference", "time": START, "account_id": "a", "template_fingerprint": f"t{n}"})
           for n in shown] + [Record(START + 60_000, {"type": "heartbeat", "time": START + 60_000})]  # fmt: skip
    assert sent(log, []).filter(pl.col("kind") == "template_fingerprint")["events"].sort().to_list() == [*range(5, 13)]
    assert len(range(5, 13)) == MOST_VALUES


def test_a_tie_that_lasts_holds_for_what_comes_after() -> None:
    """A card told at sign-up ties the requests of later hours; a client's fingerprint only its own."""
    hour = 3_600_000
    log = [Record(START + at, {"type": kind, "time": START + at, "account_id": "a", **told}) for at, kind, told in (
        (0, "signup", {"payment_fingerprint": "card", "ja4": "j", "asn": "AS1"}),
        (5 * hour, "inference", {"input_tokens": 7}), (9 * hour, "heartbeat", {}))]  # fmt: skip
    found = sent(log, []).filter(pl.col("tie").is_not_null()).select("kind", "requests", "tokens").rows()
    assert found == [("payment_fingerprint", 0, 0), ("ja4_asn", 0, 0), ("payment_fingerprint", 1, 7)]
