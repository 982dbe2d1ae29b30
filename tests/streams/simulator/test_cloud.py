"""The simulated cloud: what it promises to whoever reads its blocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import polars as pl
import pytest

from features.event import COLUMNS, EVENT_TYPES, IDENTITY_LENGTH, REQUIRED, carried_by
from streams.simulator import BLOCK_MS, Cloud

START = 1_772_409_600_000
HOURS, SCALE = 6.0, 0.3
KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "int": (int,),
    "float": (float,),
    "bool": (bool,),
    "time": (str,),
}
Event = dict[str, Any]


def small(seed: int = 7, start: int = START) -> Cloud:
    """A quarter of a day of a third of the cloud."""
    return Cloud(seed=seed, start=start, hours=HOURS, scale=SCALE)


def decoded(block: bytes) -> list[Event]:
    """A block's events."""
    return [msgspec.json.decode(line) for line in block.splitlines()]


def milliseconds(text: str) -> int:
    """An RFC 3339 time in ms; it must have milliseconds and Z."""
    return round(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1000)


@pytest.fixture(scope="module")
def blocks() -> list[bytes]:
    """All blocks of the small cloud, in sequence."""
    cloud = small()
    return [cloud.block(number) for number in range(cloud.blocks)]


@pytest.fixture(scope="module")
def events(blocks: list[bytes]) -> list[Event]:
    """All its events."""
    return [event for block in blocks for event in decoded(block)]


@pytest.fixture(scope="module")
def liars() -> set[str]:
    """Accounts of those who play with time."""
    return {label.account_id for label in small().labels() if "late, early and twice" in label.name}


def test_same_seed_same_bytes(blocks: list[bytes]) -> None:
    """Two clouds of one seed are the same, byte for byte and label for label."""
    again = small()
    assert [again.block(number) for number in range(again.blocks)] == blocks
    assert again.labels() == small().labels()


def test_another_seed_differs(blocks: list[bytes]) -> None:
    """Another seed makes other events and other accounts."""
    other = small(seed=8)
    assert other.block(0) != blocks[0]
    assert not {label.account_id for label in other.labels()} & {label.account_id for label in small().labels()}


@pytest.mark.parametrize("number", [0, 17, 35])
def test_a_block_alone(blocks: list[bytes], number: int) -> None:
    """A block made alone, by a fresh cloud, or after others, equals the block in sequence."""
    cloud = small()
    assert cloud.block(number) == blocks[number]
    cloud.block((number + 5) % cloud.blocks)
    assert cloud.block(number) == blocks[number]


def test_a_block_alone_in_many_sheets() -> None:
    """The same holds where several blocks are not drawn in one go, and where one block is drawn in several."""
    for accounts, number in ((4_000, 5), (90_000, 0)):
        cloud, other = (Cloud(hours=1, accounts=accounts, events_per_account_day=None) for _ in range(2))
        parts = [part for _, part in zip(range(2), cloud.parts(number), strict=False)]
        next(other.parts(5 - number))
        again = [part for _, part in zip(range(2), other.parts(number), strict=False)]
        assert all(one.equals(two) for one, two in zip(parts, again, strict=True))
        assert sum(part.height for part in parts) > 10_000


def test_labels_leave_blocks_alone(blocks: list[bytes]) -> None:
    """Asking for labels changes no block."""
    cloud = small()
    cloud.labels()
    assert cloud.block(20) == blocks[20]


def test_ids_are_unique(events: list[Event], liars: set[str]) -> None:
    """No two events share an id but those that are delivered twice on purpose, and these are the same event."""
    honest = [event["id"] for event in events if event["account_id"] not in liars]
    assert len(set(honest)) == len(honest)
    lies = [event for event in events if event["account_id"] in liars]
    once = {event["id"]: event for event in lies}
    assert len(once) < len(lies)
    assert all(once[event["id"]] == event for event in lies)


def test_lines_end(blocks: list[bytes]) -> None:
    """Every block is lines, each of which ends."""
    assert all(block.endswith(b"}\n") and b"\n\n" not in block for block in blocks)


@pytest.mark.parametrize("start", [START, START + 47 * 60_000 + 123])
def test_order_and_bounds_of_time(start: int, liars: set[str]) -> None:
    """Blocks are ordered by arrival and hold only their own ten minutes, wherever the run starts."""
    cloud = small(start=start)
    told = {label.account_id for label in cloud.labels() if "late, early and twice" in label.name} | liars
    for number in range(cloud.blocks):
        (part,) = cloud.parts(number)
        arrivals = part["arrival"].to_list()
        assert arrivals == sorted(arrivals)
        assert start + number * BLOCK_MS <= arrivals[0]
        assert arrivals[-1] < start + (number + 1) * BLOCK_MS
        events = decoded(cloud.block(number))
        assert all(milliseconds(event["time"]) == arrival for event, arrival in zip(events, arrivals, strict=True)
                   if event["account_id"] not in told)  # fmt: skip


def test_required_keys_and_types(events: list[Event]) -> None:
    """Every event carries the required keys and is of a known type."""
    assert all(all(event.get(key) for key in REQUIRED) for event in events)
    assert {event["type"] for event in events} == set(EVENT_TYPES) - {"standing", "heartbeat", "control"}


def test_columns_fit_their_type(events: list[Event]) -> None:
    """An event carries only columns that its type may carry, and none without a value."""
    shapes = {(event["type"], *event) for event in events}
    assert [(shape[0], key) for shape in shapes for key in shape[1:] if not carried_by(key, shape[0])] == []
    assert all(None not in event.values() for event in events)


def test_values_fit_their_columns(events: list[Event]) -> None:
    """Values are of their column's kind and within its bounds."""
    wrong = {(key, value) for event in events for key, value in event.items() if not fits(key, value)}
    assert wrong == set()


def fits(key: str, value: object) -> bool:
    """Whether a value may stand under a key."""
    column = COLUMNS[key]
    if type(value) not in KINDS[column.kind]:
        return False
    if column.kind == "time":
        return milliseconds(str(value)) > 0
    if column.is_number:
        return column.least <= float(str(value)) <= column.most
    return not key.endswith("_id") or 0 < len(str(value)) <= IDENTITY_LENGTH


def test_nobody_acts_before_joining(events: list[Event]) -> None:
    """No event is older than its account, and no request older than its key."""
    assert all(event["account_created_at"] <= event["time"] for event in events)
    assert all(event["key_created_at"] <= event["time"] for event in events if "key_last_used_at" in event)


def test_one_plan_an_account(events: list[Event]) -> None:
    """Every event says its account's plan, and an account has one."""
    plans = {(event["account_id"], event["plan"]) for event in events}
    assert len(plans) == len({account for account, _ in plans})


def test_gateways_give_what_they_know(day: pl.DataFrame) -> None:
    """Requests carry who asked from where with what, what was asked for, and what it cost."""
    asked = day.filter((pl.col("type") == "inference") & (pl.col("operation") == "chat"))
    always = ("asn", "country", "ja4", "user_agent", "region", "source_ip", "status", "cost_usd", "concurrency",
              "max_tokens", "n", "temperature", "logprobs", "conversation_turns", "account_created_at")  # fmt: skip
    assert sum(asked.select(always).null_count().row(0)) == 0
    assert 0.4 < asked["request_id"].count() / asked.height < 0.8
    assert asked["asn"].str.contains(r"^AS(6449[6-9]|6450\d|6451[01]|6553[6-9]|6554\d|6555[01])$").all()
    failed = asked.filter(pl.col("status") != 200)
    assert failed["error_code"].null_count() == 0
    assert asked.filter(pl.col("status") == 200)["error_code"].count() == 0


@pytest.mark.parametrize("number", [-1, 36])
def test_no_such_block(number: int) -> None:
    """A block outside the run is refused."""
    with pytest.raises(IndexError, match=f"block {number} of 36"):
        small().block(number)


@pytest.mark.parametrize("wrong", [
    {"hours": 0.0}, {"scale": 0.0}, {"seed": -1}, {"accounts": 12}, {"abuse_share": 0.9},
    {"events_per_account_day": -5.0},
])  # fmt: skip
def test_impossible_clouds(wrong: dict[str, Any]) -> None:
    """A cloud without time, tenants, a lawful seed or sensible shares is refused, and the message says why."""
    with pytest.raises(ValueError, match=r"must be above 0|at least 300 accounts|must be from 0 to 0\.5"):
        Cloud(**wrong)
