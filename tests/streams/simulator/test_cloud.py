"""The simulated cloud: what it promises to whoever reads its blocks and labels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from features.event import COLUMNS, EVENT_TYPES, IDENTITY_LENGTH, REQUIRED, carried_by
from streams.simulator import BLOCK_MS, Cloud, Label

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
def labels() -> list[Label]:
    """Its labels."""
    return small().labels()


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


def test_labels_leave_blocks_alone(blocks: list[bytes]) -> None:
    """Asking for labels changes no block."""
    cloud = small()
    cloud.labels()
    assert cloud.block(20) == blocks[20]


def test_ids_are_unique(events: list[Event]) -> None:
    """No two events share an id."""
    assert len({event["id"] for event in events}) == len(events)


def test_lines_end(blocks: list[bytes]) -> None:
    """Every block is lines, each of which ends."""
    assert all(block.endswith(b"}\n") and b"\n\n" not in block for block in blocks)


@pytest.mark.parametrize("start", [START, START + 47 * 60_000 + 123])
def test_order_and_bounds_of_time(start: int) -> None:
    """Blocks are ordered by time and hold only their own ten minutes, wherever the run starts."""
    cloud = small(start=start)
    for number in range(cloud.blocks):
        times = [milliseconds(event["time"]) for event in decoded(cloud.block(number))]
        assert times == sorted(times)
        assert start + number * BLOCK_MS <= times[0]
        assert times[-1] < start + (number + 1) * BLOCK_MS


def test_required_keys_and_types(events: list[Event]) -> None:
    """Every event carries the required keys and is of a known type."""
    assert all(all(event.get(key) for key in REQUIRED) for event in events)
    assert {event["type"] for event in events} <= set(EVENT_TYPES)


def test_columns_fit_their_type(events: list[Event]) -> None:
    """An event carries only columns that its type may carry, and none without a value."""
    shapes = {(event["type"], *event) for event in events}
    assert [(shape[0], key) for shape in shapes for key in shape[1:] if not carried_by(key, shape[0])] == []


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
    """No event is older than its account."""
    assert all(event["account_created_at"] <= event["time"] for event in events)


def test_one_plan_an_account(events: list[Event]) -> None:
    """Every event says its account's plan, and an account has one."""
    plans = {(event["account_id"], event["plan"]) for event in events}
    assert len(plans) == len({account for account, _ in plans})


def test_labels_cover_every_account(events: list[Event], labels: list[Label]) -> None:
    """Every account seen has exactly one label."""
    named = [label.account_id for label in labels]
    assert len(set(named)) == len(named)
    assert {event["account_id"] for event in events} <= set(named)


def test_all_campaigns_run(labels: list[Label]) -> None:
    """There are two miners, a spam run and a scraper, however small the cloud."""
    assert sorted(label.clause for label in labels if label.clause) == [
        "cryptomining", "cryptomining", "scraping", "spam",
    ]  # fmt: skip


def test_campaigns_fill_their_spans(events: list[Event], labels: list[Label]) -> None:
    """Each campaign's first and last event are where its label says."""
    for label in labels:
        if label.clause:
            times = [milliseconds(event["time"]) for event in events if behaves(event, label)]
            assert (min(times), max(times)) == (label.start, label.end), label.name
            assert label.end - label.start > HOURS * 3_600_000 / 10


def behaves(event: Event, label: Label) -> bool:
    """Whether an event is part of the labelled behaviour."""
    pod = label.workload_id is None or event.get("workload_id") == label.workload_id
    return event["account_id"] == label.account_id and pod and event["type"] != "signup"


def test_the_labelled_pod_is_one_of_many(events: list[Event], labels: list[Label]) -> None:
    """The miner in the large account sits beside twenty honest pods, and an account like it is clean."""
    large = [label for label in labels if "large account" in label.name]
    assert sorted(label.clause for label in large) == ["", "cryptomining"]
    for label in large:
        assert len({e["workload_id"] for e in events if e["account_id"] == label.account_id}) > 20


def test_miners_serve_nothing(events: list[Event], labels: list[Label]) -> None:
    """A mining pod is an endpoint, busy throughout, without output."""
    pods = {label.workload_id for label in labels if label.clause == "cryptomining"}
    samples = [e for e in events if e["type"] == "compute" and e["workload_id"] in pods]
    assert {(e["product"], e["served"]) for e in samples} == {("endpoint", 0)}
    assert min(e["gpu_util"] for e in samples) > 0.55


@pytest.mark.parametrize("number", [-1, 36])
def test_no_such_block(number: int) -> None:
    """A block outside the run is refused."""
    with pytest.raises(IndexError, match=f"block {number} of 36"):
        small().block(number)


@pytest.mark.parametrize("wrong", [{"hours": 0.0}, {"scale": 0.0}, {"seed": -1}])
def test_impossible_clouds(wrong: dict[str, Any]) -> None:
    """A cloud without time, tenants or a lawful seed is refused."""
    with pytest.raises(ValueError, match="must be above 0"):
        Cloud(**wrong)


def test_shortest_cloud() -> None:
    """Ten minutes are enough for every campaign."""
    cloud = Cloud(hours=0.1, scale=0.01)
    assert cloud.blocks == 1
    assert len([label for label in cloud.labels() if label.clause]) == 4


def test_scale_multiplies_campaigns() -> None:
    """At twice the scale there are twice as many of each campaign, in accounts of their own."""
    guilty = [label for label in Cloud(hours=1, scale=2).labels() if label.clause]
    assert len({label.account_id for label in guilty}) == len(guilty) == 8
