"""The bridge on a real broker: nothing lost, nothing committed too early, and no source holds another."""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.partitioner import DefaultPartitioner
from bridges import Bridging, Place, bridging, feed, until
from broker import OwnBroker, Topic, topics_on
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource

SAMPLES = Path(__file__).parents[1] / "streams" / "formats" / "samples"
LITELLM = (SAMPLES / "litellm.jsonl").read_bytes().splitlines()
FALCO = (SAMPLES / "falco.jsonl").read_bytes().splitlines()


@pytest.fixture
def place(kafka: str, topic: Topic) -> Place:
    """Topics of this test's own."""
    events = topic("events", partitions=4, message_timestamp_type="LogAppendTime")
    return Place(kafka, events, topic("dead"), f"group-{events}")


def native(n: int, **more: Any) -> bytes:
    event = {
        "id": f"e{n}",
        "time": "2026-03-02T09:00:00Z",
        "type": "inference",
        "account_id": f"account-{n % 50}",
        "input_tokens": n,
    }
    return json.dumps(event | more).encode()


def sources(folder: Path, **topics: tuple[str, str]) -> Path:
    """A sources file of name=(topic, format)."""
    path = folder / "sources.yaml"
    path.write_text(json.dumps({"sources": {n: {"topic": t, "format": f} for n, (t, f) in topics.items()}}))
    return path


def altered(bootstrap: str, topic: str, **configs: object) -> None:
    """Change a topic's configuration."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        texts = {name.replace("_", "."): str(value) for name, value in configs.items()}
        admin.alter_configs([ConfigResource("topic", topic, texts)], incremental=True)
    finally:
        admin.close()


def test_two_formats_into_one_topic(place: Place, topic: Topic, tmp_path: Path) -> None:
    """Sources of different formats become native events keyed by account where Java's partitioner puts them."""
    litellm, falco = topic("litellm"), topic("falco", partitions=2)
    feed(place.bootstrap, litellm, LITELLM)
    feed(place.bootstrap, falco, FALCO)
    file = sources(tmp_path, gateway=(litellm, "litellm"), runtime=(falco, "falco"))
    with bridging(place, tmp_path / "log", file) as bridge:
        until(lambda: place.committed("gateway") == 24 and place.committed("runtime") == 14, "offsets committed")
        assert bridge.asked("/readyz")[0] == bridge.asked("/healthz")[0] == 200
        assert bridge.metric("events_total", source="gateway") == 24
        assert bridge.metric("skipped_total", source="runtime") == 1
        assert bridge.metric("up") == 2
        assert bridge.end() == 0
    written = place.written(place.events)
    assert len(written) == 24 + 13
    for record in written:
        event = json.loads(record.value)
        assert record.key == event["account_id"].encode()
        assert record.partition == DefaultPartitioner()(record.key, [0, 1, 2, 3], [0, 1, 2, 3])
    assert {event["type"] for event in (json.loads(record.value) for record in written)} == {
        "inference",
        "process",
        "network",
    }
    assert b"CANARY" not in (tmp_path / "log").read_bytes() + b"".join(record.value for record in written)


def test_it_goes_on_where_it_was(place: Place, topic: Topic, tmp_path: Path) -> None:
    """A second run after SIGTERM takes only what is new."""
    theirs = topic("theirs")
    for first in (0, 100):
        feed(place.bootstrap, theirs, [native(n) for n in range(first, first + 100)])
        with bridging(place, tmp_path / f"log-{first}", "--topic", theirs, "--name", "theirs") as bridge:
            until(lambda first=first: place.committed("theirs") == first + 100, "offsets committed")  # type: ignore[misc]
            assert bridge.end() == 0
    assert sorted(place.ids()) == sorted(f"e{n}" for n in range(200))


def test_dead_letters_tell_where_and_why(place: Place, topic: Topic, tmp_path: Path) -> None:
    """What cannot be read lies with its topic, partition, offset and reason; whole, if it holds no prompts."""
    falco, litellm = topic("falco"), topic("litellm")
    feed(place.bootstrap, falco, [FALCO[0], b"no json", b"", FALCO[1]])
    feed(place.bootstrap, litellm, [LITELLM[0], b'{"messages":"CANARY'])
    with bridging(place, tmp_path / "log", sources(tmp_path, f=(falco, "falco"), l=(litellm, "litellm"))) as bridge:
        until(lambda: place.committed("f") == 4 and place.committed("l") == 2, "offsets committed")
        assert bridge.metric("dead_letters_total", source="f", reason="not_json") == 1
        assert bridge.metric("dead_letters_total", source="f", reason="blank") == 1
    told = sorted((g.source, g.partition, g.offset, g.reason, g.value, g.withheld) for g in place.graves())
    assert told == sorted([(falco, 0, 1, "not_json", b"no json", False), (falco, 0, 2, "blank", b"", False),
                           (litellm, 0, 1, "not_json", b"", True)])  # fmt: skip
    assert len(place.ids()) == 3


def down(bridge: Bridging, source: str, words: str) -> Callable[[], bool]:
    """Whether a source is down for a reason with these words in it."""
    return lambda: words in str(bridge.ready()[source].get("reason", ""))


def test_nothing_is_committed_before_it_is_written(place: Place, topic: Topic, tmp_path: Path) -> None:
    """While the events topic takes nothing no offset is committed and the bridge is unready; then it goes on."""
    theirs = topic("theirs")
    altered(place.bootstrap, place.events, max_message_bytes=60)
    feed(place.bootstrap, theirs, [native(n) for n in range(50)])
    with bridging(place, tmp_path / "log", "--topic", theirs, "--name", "theirs") as bridge:
        until(down(bridge, "theirs", f"{place.events} cannot be written to"), "the source is down")
        until(lambda: bridge.metric("produce_failures_total") >= 2, "it tries again")
        assert bridge.asked("/readyz")[0] == 503
        assert bridge.asked("/healthz")[0] == 200
        assert place.committed("theirs") == 0
        altered(place.bootstrap, place.events, max_message_bytes=1_000_000)
        until(lambda: place.committed("theirs") == 50, "offsets committed")
        until(lambda: bridge.asked("/readyz")[0] == 200, "ready again")
        assert bridge.end() == 0
    assert set(place.ids()) == {f"e{n}" for n in range(50)}


def test_only_what_failed_is_written_again(place: Place, topic: Topic, tmp_path: Path) -> None:
    """Where dead letters cannot be written nothing is committed, and events that arrived are not repeated."""
    theirs = topic("theirs")
    altered(place.bootstrap, place.dead, max_message_bytes=60)
    feed(place.bootstrap, theirs, [native(0), b"no json", native(2)])
    with bridging(place, tmp_path / "log", "--topic", theirs, "--name", "theirs") as bridge:
        until(lambda: bridge.metric("produce_failures_total") >= 2, "it tries again")
        assert place.committed("theirs") == 0
        altered(place.bootstrap, place.dead, max_message_bytes=1_000_000)
        until(lambda: place.committed("theirs") == 3, "offsets committed")
    assert sorted(place.ids()) == ["e0", "e2"]
    assert len(place.graves()) == 1


def test_a_bad_source_holds_nobody(place: Place, topic: Topic, tmp_path: Path) -> None:
    """A missing topic and unreachable brokers are told of while the good source goes on; what is cured comes up."""
    good, late = topic("good"), f"late-{uuid.uuid4().hex[:12]}"
    file = tmp_path / "sources.yaml"
    file.write_text(json.dumps({"sources": {
        "good": {"topic": good}, "late": {"topic": late},
        "far": {"topic": good, "brokers": {"bootstrap": "127.0.0.1:1"}},
    }}))  # fmt: skip
    with bridging(place, tmp_path / "log", file) as bridge:
        until(down(bridge, "late", f"there is no topic {late}"), "the missing topic is told of")
        until(down(bridge, "far", "no broker of 127.0.0.1:1 answers"), "the dead broker is told of")
        feed(place.bootstrap, good, [native(n) for n in range(100)])
        until(lambda: place.committed("good") == 100, "the good source goes on")
        assert bridge.ready()["good"] == {"up": True}
        assert bridge.asked("/readyz")[0] == 503
        with made(place.bootstrap, late):
            feed(place.bootstrap, late, [native(1_000)])
            until(lambda: place.committed("late") == 1, "the late source is taken up")
        told = [line["event"] for line in bridge.log if line.get("source") == "far"]
        assert told == ["source_down"]
        assert bridge.end() == 0


@contextmanager
def made(bootstrap: str, name: str) -> Iterator[None]:
    """A topic of this name for a while."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
        yield
        admin.delete_topics([name])
    finally:
        admin.close()


def test_a_missing_events_topic_is_told_of(place: Place, topic: Topic, tmp_path: Path) -> None:
    """Without a topic to write to the bridge says so at once, even with nothing to bring."""
    theirs = topic("theirs")
    with bridging(place, tmp_path / "log", "--topic", theirs, "--name", "s", TIPSTAFF_TOPIC_EVENTS="nowhere") as bridge:
        until(down(bridge, "s", "there is no topic nowhere to write to"), "it says so")
        assert bridge.end() == 0


def test_killed_in_the_middle(place: Place, topic: Topic, tmp_path: Path) -> None:
    """However often the bridge is killed every event arrives; what is there twice has the same id."""
    theirs = topic("theirs", partitions=3)
    feed(place.bootstrap, theirs, [native(n) for n in range(40_000)], linger_ms=20)
    kills = 0
    while place.committed("theirs") < 40_000 and kills < 5:
        with bridging(place, tmp_path / f"log-{kills}", "--topic", theirs, "--name", "theirs") as bridge:
            _progressed(place, len(place.written(place.events)))
            bridge.end(signal.SIGKILL)
        kills += 1
    assert kills >= 1
    with bridging(place, tmp_path / "log", "--topic", theirs, "--name", "theirs") as bridge:
        until(lambda: place.committed("theirs") == 40_000, "offsets committed")
        assert bridge.end() == 0
    assert set(place.ids()) == {f"e{n}" for n in range(40_000)}


def _progressed(place: Place, before: int) -> None:
    """More than so many events are there, or all."""
    until(lambda: len(place.written(place.events)) > before or place.committed("theirs") == 40_000, "progress")


def test_sigterm_under_load(place: Place, topic: Topic, tmp_path: Path) -> None:
    """Told to end in the middle, it settles what is in flight: what was written is what was committed, and exits 0."""
    theirs = topic("theirs", partitions=2)
    feed(place.bootstrap, theirs, [native(n) for n in range(30_000)], linger_ms=20)
    with bridging(place, tmp_path / "log", "--topic", theirs, "--name", "theirs") as bridge:
        until(lambda: place.committed("theirs") > 0, "it has begun")
        assert bridge.end() == 0
    assert len(place.ids()) == place.committed("theirs")


def test_two_bridges_share_a_source(place: Place, topic: Topic, tmp_path: Path) -> None:
    """A bridge that joins and one that leaves lose nothing, and every offset ends up committed."""
    theirs, options = topic("theirs", partitions=4), ("--name", "theirs")
    with bridging(place, tmp_path / "one", "--topic", theirs, *options) as one:
        feed(place.bootstrap, theirs, [native(n) for n in range(5_000)])
        with bridging(place, tmp_path / "other", "--topic", theirs, *options) as other:
            until(lambda: other.ready()["theirs"]["up"], "the other has partitions")
            feed(place.bootstrap, theirs, [native(n) for n in range(5_000, 10_000)])
            until(lambda: place.committed("theirs") == 10_000, "offsets committed")
            assert one.metric("records_total") > 0
            assert other.metric("records_total") > 0
            assert one.end() == 0
            feed(place.bootstrap, theirs, [native(n) for n in range(10_000, 12_000)])
            until(lambda: place.committed("theirs") == 12_000, "the other takes what the one left")
            assert other.end() == 0
    assert set(place.ids()) == {f"e{n}" for n in range(12_000)}


def test_retention_that_was_faster(place: Place, topic: Topic, tmp_path: Path) -> None:
    """Records that were deleted before they were read are counted and said, and the rest is taken."""
    theirs = topic("theirs")
    feed(place.bootstrap, theirs, [native(0)])
    with bridging(place, tmp_path / "log-1", "--topic", theirs, "--name", "theirs") as bridge:
        until(lambda: place.committed("theirs") == 1, "offsets committed")
        assert bridge.end() == 0
    feed(place.bootstrap, theirs, [native(n) for n in range(1, 10)])
    _cut(place.bootstrap, theirs, 6)
    with bridging(place, tmp_path / "log-2", "--topic", theirs, "--name", "theirs") as bridge:
        until(lambda: place.committed("theirs") == 10, "offsets committed")
        assert bridge.metric("lost_records_total") == 5
        assert [line["lost"] for line in bridge.log if "lost" in line] == [5]
    assert sorted(place.ids()) == ["e0", "e6", "e7", "e8", "e9"]


def _cut(bootstrap: str, topic: str, before: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.delete_records({TopicPartition(topic, 0): before})
    finally:
        admin.close()


def test_a_bomb_holds_its_source_alone(place: Place, topic: Topic, tmp_path: Path) -> None:
    """A stored batch that unpacks to far more than it is stops its own source, which says so; another goes on."""
    bad, good = topic("bad", max_message_bytes=300_000_000), topic("good")
    bomb = b" " * 140_000_000
    feed(place.bootstrap, bad, [bomb], compression_type="zstd", max_request_size=300_000_000)
    with bridging(place, tmp_path / "log", sources(tmp_path, bad=(bad, "native"), good=(good, "native"))) as bridge:
        until(down(bridge, "bad", "it unpacks to more than"), "the bomb is told of")
        feed(place.bootstrap, good, [native(n) for n in range(10)])
        until(lambda: place.committed("good") == 10, "the good source goes on")


def test_own_brokers_with_a_password(place: Place, secure_kafka: dict[str, Any], tmp_path: Path) -> None:
    """A source on brokers of its own logs in with its own password; a wrong one is told of and never shown."""
    sasl = secure_kafka["sasl"]
    (tmp_path / "wrong").write_text("not-the-password")
    login = {"bootstrap": sasl["bootstrap"], "security": "sasl_plaintext", "username": sasl["user"]}
    with topics_on(secure_kafka["bootstrap"]) as topic:
        right, wrong = topic("right"), topic("wrong")
        told = {"right": {"topic": right, "brokers": {**login, "password_file": sasl["password_file"]}},
                "wrong": {"topic": wrong, "brokers": {**login, "password_file": str(tmp_path / "wrong")}}}  # fmt: skip
        (tmp_path / "sources.yaml").write_text(json.dumps({"sources": told}))
        feed(secure_kafka["bootstrap"], right, [native(0)])
        with bridging(place, tmp_path / "log", tmp_path / "sources.yaml") as bridge:
            until(lambda: place.ids() == ["e0"], "the event of the source that may log in")
            until(down(bridge, "wrong", "uthentication"), "the other says why it may not")
            assert bridge.end() == 0
    assert "not-the-password" not in (tmp_path / "log").read_text()


@pytest.fixture
def restless(own_broker: OwnBroker) -> Iterator[tuple[OwnBroker, Place, str]]:
    """A broker that a test may stop, with topics on it."""
    with topics_on(own_broker.bootstrap) as topic:
        place, theirs = Place(own_broker.bootstrap, topic("events"), topic("dead"), "restless"), topic("theirs")
        yield own_broker, place, theirs
        own_broker.start()  # a test that failed may have left it dead


def test_a_broker_that_goes_and_comes(restless: tuple[OwnBroker, Place, str], tmp_path: Path) -> None:
    """While no broker answers a bridge is alive, unready and ends when it is told to; afterwards nothing is missing."""
    broker, place, theirs = restless
    feed(place.bootstrap, theirs, [native(n) for n in range(100)])
    one, other = ("--topic", theirs, "--name", "one"), ("--topic", theirs, "--name", "other")
    with bridging(place, tmp_path / "one", *one) as stays, bridging(place, tmp_path / "other", *other) as goes:
        until(lambda: place.committed("one") == place.committed("other") == 100, "offsets committed")
        broker.kill()
        until(lambda: stays.asked("/readyz")[0] == goes.asked("/readyz")[0] == 503, "unready")
        assert stays.asked("/healthz")[0] == 200
        assert goes.end() == 0
        broker.start()
        feed(place.bootstrap, theirs, [native(n) for n in range(100, 200)])
        until(lambda: place.committed("one") == 200, "offsets committed", 120)
        until(lambda: stays.asked("/readyz")[0] == 200, "ready again")
        assert stays.end() == 0
    assert sorted(place.ids()) == sorted([f"e{n}" for n in range(100)] * 2 + [f"e{n}" for n in range(100, 200)])
