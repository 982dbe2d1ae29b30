"""`tipstaff topics` on a real broker."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from broker import Topic
from command_line import Outcome, tipstaff
from confluent_kafka import Producer
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource
from kafka.structs import OffsetAndMetadata

from streams.worker.connection import KafkaSettings
from streams.worker.names import Names
from streams.worker.topics.admin import open_admin
from streams.worker.topics.declared import Shape, declared

DEADLINE_S = 30
PATIENCE_S = 20


@pytest.fixture
def names(kafka: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    """Names of this test alone, in the environment as a deployment has them; the topics are deleted in the end."""
    run = uuid.uuid4().hex[:8]
    for field, name in Names().model_dump(exclude={"events_history"}).items():
        monkeypatch.setenv(f"TIPSTAFF_TOPIC_{field.upper()}", f"{name}-{run}")
    monkeypatch.setenv("TIPSTAFF_KAFKA_BOOTSTRAP", kafka)
    monkeypatch.setenv("TIPSTAFF_TOPICS_REPLICATION", "1")
    names = Names()
    yield names
    with closing(KafkaAdminClient(bootstrap_servers=kafka)) as admin:
        there = set(admin.list_topics()) & set(names.model_dump(exclude={"group", "events_history"}).values())
        if there:
            admin.delete_topics(sorted(there))


@pytest.fixture
def applied(names: Names) -> Names:
    """The same, with the topics made: 4 partitions of events."""
    assert tipstaff("topics", "apply", "--partitions", 4).code == 0
    return names


def described(kafka: str, name: str) -> tuple[int, dict[str, str]]:
    """Partitions and configs of a topic."""
    with closing(KafkaAdminClient(bootstrap_servers=kafka)) as admin:
        (topic,) = admin.describe_topics([name])
        found = admin.describe_configs([ConfigResource("TOPIC", name)], config_filter="all")["topic"][name]
    return len(topic["partitions"]), {key: one["value"] for key, one in found.items()}


def set_by_hand(kafka: str, name: str, **configs: str) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=kafka)) as admin:
        wanted = {key.replace("_", "."): value for key, value in configs.items()}
        admin.alter_configs([ConfigResource("TOPIC", name, wanted)])


def eventually(ask: Callable[[], Outcome], holds: Callable[[Outcome], bool]) -> Outcome:
    """The first outcome that holds: a broker's metadata lag behind what it has answered."""
    until = time.monotonic() + DEADLINE_S
    while not holds(outcome := ask()):
        assert time.monotonic() < until, outcome
    return outcome


def test_apply_makes_every_topic_as_declared(names: Names, kafka: str) -> None:
    """On an empty broker: the plan creates, apply makes it, check finds nothing, and a second apply does nothing."""
    planned = tipstaff("topics", "plan", "--partitions", 4, "--json").json
    assert {step["action"] for step in planned["steps"]} == {"create"}
    assert tipstaff("topics", "check", "--partitions", 4).code == 1
    done = tipstaff("topics", "apply", "--partitions", 4)
    assert (done.code, done.err) == (0, "")
    assert "10 done, 0 left alone, 0 failed" in done.out
    for step in planned["steps"]:
        partitions, configs = described(kafka, step["topic"])
        assert partitions == step["partitions"]
        assert configs.items() >= step["configs"].items()
    clean = tipstaff("topics", "check")
    assert (clean.code, clean.out) == (0, "every topic is as declared\n")
    assert "0 done" in tipstaff("topics", "apply").out


def test_a_history_topic_is_accepted(names: Names, kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker takes the limits on stamps, keeps records stamped long ago, and refuses those from the future."""
    monkeypatch.setenv("TIPSTAFF_TOPIC_EVENTS_HISTORY", "true")
    assert tipstaff("topics", "apply", "--partitions", 4).code == 0
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        producer.send(names.events, b"old", timestamp_ms=1_000_000).get(DEADLINE_S)
        ahead = producer.send(names.events, b"new", timestamp_ms=int(time.time() * 1000) + 7_200_000)
        with pytest.raises(Exception, match="InvalidTimestamp"):
            ahead.get(DEADLINE_S)


def test_drift_is_found_and_set_right(applied: Names, kafka: str) -> None:
    """A setting changed by hand is told with both values, and set back; a longer retention is told and left."""
    set_by_hand(kafka, applied.events, compression_type="zstd", retention_ms="864000000")
    found = eventually(lambda: tipstaff("topics", "check", "--json"), lambda one: len(one.json) == 2)
    assert found.code == 1
    by_key = {step["what"]: step for step in found.json}
    assert {key: by_key["compression.type"][key] for key in ("action", "topic", "was", "wanted")} == {
        "action": "configure", "topic": applied.events, "was": "zstd", "wanted": "lz4"}  # fmt: skip
    assert by_key["retention.ms"]["action"] == "leave"
    shown = tipstaff("topics", "check").out
    assert "10 d" in shown
    assert "records that are still kept would be deleted" in shown
    assert "1 done, 1 left alone, 0 failed" in tipstaff("topics", "apply").out
    configs = described(kafka, applied.events)[1]
    assert (configs["compression.type"], configs["retention.ms"]) == ("lz4", "864000000")
    raised = eventually(lambda: tipstaff("topics", "check", "--retention-days", 10), lambda one: one.code == 0)
    assert raised.out == "every topic is as declared\n"


@pytest.mark.parametrize("asked", [8, 4])
def test_another_number_of_partitions_is_told_and_left(names: Names, kafka: str, asked: int) -> None:
    """More or fewer: told with the reason and what to do, and apply leaves the topic as it is."""
    assert tipstaff("topics", "apply", "--partitions", 6, "--workers", 1).code == 0
    outcome = tipstaff("topics", "apply", "--partitions", asked, "--workers", 1)
    assert "the count is frozen: accounts would hash elsewhere, and their windows would break" in outcome.out
    assert "TIPSTAFF_TOPICS_PARTITIONS" in outcome.out
    assert described(kafka, names.events)[0] == described(kafka, names.snapshots)[0] == 6
    assert tipstaff("topics", "check", "--partitions", asked).code == 1


def test_what_cannot_be_made_stops_no_other(names: Names, topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic that Kafka refuses to make is told with its reason; the other nine are made."""
    taken = topic("some_ties").replace("_", ".")  # a name may not differ from another in this alone
    monkeypatch.setenv("TIPSTAFF_TOPIC_TIES", taken)
    outcome = tipstaff("topics", "apply", "--partitions", 4, "--json")
    assert outcome.code == 1
    assert len(outcome.json["done"]) == 9
    assert list(outcome.json["failed"]) == [taken]
    assert (
        f"could not create topic {taken}: Topic '{taken}' collides with existing topic" in outcome.json["failed"][taken]
    )


def test_a_name_that_cannot_be_is_told(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that no broker takes are refused before anything is made."""
    monkeypatch.setenv("TIPSTAFF_TOPIC_TIES", "no/such name")
    outcome = tipstaff("topics", "apply", "--partitions", 4)
    assert (outcome.code, outcome.out) == (1, "")
    assert "could not describe topic no/such name: INVALID_TOPIC" in outcome.err


def test_one_made_meanwhile_is_no_error(applied: Names, kafka: str) -> None:
    """Creating what somebody else has just created goes on as if it had been there."""
    with open_admin(KafkaSettings(bootstrap=kafka)) as admin:
        again = declared(applied, Shape(partitions=4), admin.brokers(), None)
        assert admin.create(again) == dict.fromkeys(topic.name for topic in again)


def fill(kafka: str, name: str, each: int) -> None:
    """So many records into each of 4 partitions."""
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        for number in range(4 * each):
            producer.send(name, b"x", partition=number % 4)
        producer.flush(DEADLINE_S)


def read_half(kafka: str, names: Names) -> KafkaConsumer:
    """A member of the group that has read and committed 5 records of partitions 0 and 1, all of 2, none of 3."""
    consumer = KafkaConsumer(names.events, bootstrap_servers=kafka, group_id=names.group, auto_offset_reset="earliest",
                             enable_auto_commit=False, client_id="reader")  # fmt: skip
    until = time.monotonic() + DEADLINE_S
    while not consumer.assignment():
        assert time.monotonic() < until
        consumer.poll(timeout_ms=100)
    offsets = {tp: 10 if tp.partition == 2 else 5 for tp in consumer.assignment() if tp.partition != 3}
    consumer.commit({tp: OffsetAndMetadata(offset, "", -1) for tp, offset in offsets.items()})
    return consumer


def test_lag_of_a_group_that_has_read_half(applied: Names, kafka: str) -> None:
    """Messages by partition and in all; seconds since the first unread record; who reads; who never committed."""
    before = time.time()
    fill(kafka, applied.events, 10)
    with closing(read_half(kafka, applied)):
        outcome = tipstaff("topics", "lag", "--json")
    each = {one["partition"]: one for one in outcome.json["partitions"]}
    assert [each[p]["lag_messages"] for p in range(4)] == [5, 5, 0, 10]
    assert [each[p]["committed"] for p in range(4)] == [5, 5, 10, None]
    assert each[2]["lag_s"] == 0
    assert 0 <= each[0]["lag_s"] <= time.time() - before
    assert all(one["owner"].startswith("reader ") for one in each.values())
    total = outcome.json["total"]
    assert (total["lag_messages"], total["never_committed"]) == (20, 1)
    assert total["lag_s"] == max(one["lag_s"] for one in each.values())


def test_lag_in_words(applied: Names, kafka: str) -> None:
    """A table, a sentence with the totals, and what nobody has committed yet."""
    fill(kafka, applied.events, 3)
    outcome = tipstaff("topics", "lag")
    assert f"group {applied.group} is 12 messages behind on {applied.events}, the furthest " in outcome.out
    assert "nobody yet" in outcome.out
    assert f"4 of 4 partitions: group {applied.group} has not committed yet" in outcome.err


def test_lag_of_history_is_in_the_logs_own_time(names: Names, kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where producers stamp, seconds are from the first unread stamp to the partition's newest."""
    monkeypatch.setenv("TIPSTAFF_TOPIC_EVENTS_HISTORY", "true")
    assert tipstaff("topics", "apply", "--partitions", 4).code == 0
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        for second in (100, 160, 220):
            producer.send(names.events, b"x", partition=1, timestamp_ms=second * 1000).get(DEADLINE_S)
    each = tipstaff("topics", "lag", "--json").json["partitions"]
    assert [one["lag_s"] for one in each] == [0, 120, 0, 0]


def test_lag_with_a_batch_that_cannot_be_unpacked(kafka: str, topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A partition whose first unread batch is in a codec that is not to be had is unknown; the others are measured."""
    name = topic("events", partitions=4)
    fill(kafka, name, 3)
    monkeypatch.setenv("TIPSTAFF_KAFKA_BOOTSTRAP", kafka)
    monkeypatch.setenv("TIPSTAFF_TOPIC_EVENTS", name)
    with closing(KafkaAdminClient(bootstrap_servers=kafka)) as admin:
        admin.delete_records({TopicPartition(name, 2): 3})
    snappy = Producer({"bootstrap.servers": kafka, "compression.type": "snappy"})
    for _ in range(50):
        snappy.produce(name, b"x" * 1000, partition=2)
    assert snappy.flush(DEADLINE_S) == 0
    each = tipstaff("topics", "lag", "--json").json["partitions"]
    assert [one["lag_s"] is None for one in each] == [False, False, True, False]
    assert [one["lag_messages"] for one in each] == [3, 3, 50, 3]


def test_lag_without_the_topic(names: Names) -> None:
    """A topic that is not there is told, with the command that makes it."""
    outcome = tipstaff("topics", "lag")
    assert outcome.code == 1
    assert f"there is no topic {names.events}" in outcome.err
    assert "tipstaff topics apply" in outcome.err


def environment(monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
    """TIPSTAFF_KAFKA_… of this test."""
    for name, value in ({"patience_s": PATIENCE_S} | settings).items():
        monkeypatch.setenv(f"TIPSTAFF_KAFKA_{name.upper()}", str(value))


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
def test_with_a_password(names: Names, secure_kafka: dict[str, Any], mechanism: str,
                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """SCRAM and PLAIN by settings, the password from a file: the topics are made and the lag is read."""
    sasl = secure_kafka["sasl"]
    environment(monkeypatch, bootstrap=sasl["bootstrap"], security="sasl_plaintext", sasl_mechanism=mechanism,
                username=sasl["user"], password_file=sasl["password_file"])  # fmt: skip
    assert tipstaff("topics", "apply", "--partitions", 4).code == 0
    assert tipstaff("topics", "lag", "--json").json["total"]["lag_messages"] == 0


def test_with_a_certificate(names: Names, secure_kafka: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutual TLS by settings: the topics are made and the lag is read."""
    tls = secure_kafka["ssl"]
    environment(monkeypatch, bootstrap=tls["bootstrap"], security="ssl", ca_file=tls["ca"],
                cert_file=tls["certificate"], key_file=tls["key"])  # fmt: skip
    assert tipstaff("topics", "apply", "--partitions", 4).code == 0
    assert tipstaff("topics", "lag", "--json").json["total"]["lag_messages"] == 0


@pytest.mark.parametrize("user", ["tipstaff", "nobody"])
def test_a_wrong_password_is_told_without_it(secure_kafka: dict[str, Any], user: str,
                                             monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Who was refused, with what, and which variables to look at; the password is in no output."""
    environment(monkeypatch, bootstrap=secure_kafka["sasl"]["bootstrap"], security="sasl_plaintext", username=user,
                password="correct-horse-battery", patience_s=6)  # fmt: skip
    outcome = tipstaff("topics", "check")
    assert outcome.code == 1
    assert f"user {user}" in outcome.err
    assert "SCRAM-SHA-512: check TIPSTAFF_KAFKA_USERNAME, the password" in outcome.err
    assert "correct-horse" not in outcome.out + outcome.err


def test_without_the_certificate_that_is_asked_for(secure_kafka: dict[str, Any],
                                                   monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """TLS that parts in disagreement is told with its reason long before patience ends."""
    tls = secure_kafka["ssl"]
    environment(monkeypatch, bootstrap=tls["bootstrap"], security="ssl", ca_file=tls["ca"], patience_s=DEADLINE_S)
    begun = time.monotonic()
    outcome = tipstaff("topics", "check")
    assert time.monotonic() - begun < DEADLINE_S
    assert "do not agree on TLS" in outcome.err
    assert "TIPSTAFF_KAFKA_CA_FILE" in outcome.err


def test_a_broker_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line while it is waited for, then a message with the address, the reason and what to do; within patience."""
    environment(monkeypatch, patience_s=2)
    begun = time.monotonic()
    outcome = tipstaff("topics", "check", "--bootstrap", "127.0.0.1:1")
    assert time.monotonic() - begun < 2 + DEADLINE_S
    waited, failed = outcome.err.splitlines()
    assert waited.startswith("no answer from Kafka at 127.0.0.1:1 yet (111 ECONNREFUSED); trying for ")
    assert "cannot be reached at 127.0.0.1:1 within 2 s (111 ECONNREFUSED): check the address" in failed
