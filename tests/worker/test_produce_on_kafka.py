"""Produce on a real broker: what arrives, with which key, partition and stamp; how it stops and goes on."""

from __future__ import annotations

import gzip
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from broker import OwnBroker, Topic
from command_line import Outcome, started, tipstaff
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.admin import ConfigResource
from kafka.partitioner.default import murmur2
from worker.filed_logs import START, embedded, line, written
from worker.topic_records import everything, length

from streams.pack import read_pack
from streams.pipeline import Pipeline
from streams.runner import closing_heartbeat
from streams.stamps import AHEAD_MS

Produce = Callable[..., Outcome]


@pytest.fixture
def produce(kafka: str, pack: Path) -> Produce:
    """The command, on the real broker and with the starter pack."""
    return lambda *arguments: tipstaff("produce", *arguments, "--pack", pack, "--bootstrap", kafka)


def _history(topic: Topic, partitions: int) -> str:
    # Kept for ever: by its records' stamps retention would take them at its next look.
    return topic("history", partitions, message_timestamp_type="CreateTime", retention_ms=-1,
                 message_timestamp_before_max_ms=2**63 - 1)  # fmt: skip


def _live(topic: Topic, partitions: int) -> str:
    return topic("live", partitions, message_timestamp_type="LogAppendTime")


def _lines(count: int, first: int = 0) -> list[bytes]:
    """Events of a few accounts, five seconds apart, every tenth out of order."""
    return [line(n, START + n * 5_000 - (12_000 if n % 10 == 9 else 0), f"konto-{n % 7}-é")
            for n in range(first, first + count)]  # fmt: skip


def test_records_arrive_as_they_are_written(kafka: str, topic: Topic, produce: Produce, tmp_path: Path) -> None:
    """Bytes are the file's; the key is the account, the partition murmur2's; an account's order is the file's."""
    lines = [*_lines(300), line(900, START + 1_500_000, None, type="report", subject_ref="who")]
    name = _live(topic, 5)
    outcome = produce(written(tmp_path / "a", lines), "--topic", name)
    assert (outcome.code, "301 events acknowledged" in outcome.err) == (0, True), outcome.err
    found = everything(kafka, name)
    assert sorted(one.value for one in found) == sorted(lines)
    assert [one.key for one in found if b"report" in one.value] == [None]
    for one in found:
        if one.key is not None:
            assert one.key.decode() == json.loads(one.value)["account_id"]
            assert one.partition == (murmur2(one.key) & 0x7FFFFFFF) % 5
    for account in {one.key for one in found}:
        assert [one.value for one in found if one.key == account] == [
            one for one in lines if json.loads(one).get("account_id") == (account and account.decode())
        ]


def test_compressed_files_are_read_too(kafka: str, topic: Topic, produce: Produce, tmp_path: Path) -> None:
    """Gzip and zstd files are merged with plain ones."""
    name, lines = _live(topic, 2), _lines(90)
    plain = written(tmp_path / "a", lines[:30])
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"\n".join(lines[30:60])))
    (tmp_path / "c.zst").write_bytes(zstandard.compress(b"\r\n".join(lines[60:])))
    assert produce(plain, tmp_path / "b.gz", tmp_path / "c.zst", "--topic", name).code == 0
    assert sorted(one.value for one in everything(kafka, name)) == sorted(lines)


def test_a_history_has_the_stamps_of_an_embedded_run(
    kafka: str, topic: Topic, produce: Produce, pack: Path, tmp_path: Path
) -> None:
    """Each record has the stamp that an embedded run gives it, in its order, and a partition's never fall.

    What is ahead of its stamp is written with it; a closing heartbeat ends every partition.
    """
    ahead = line(700, START + 200_000 + 3 * AHEAD_MS, "konto-1-é")
    lines = [*_lines(200)[:40], ahead, *_lines(200)[40:]]
    files = [written(tmp_path / "a", lines), written(tmp_path / "b", _lines(50, 20))]
    in_force, name = read_pack(pack), _history(topic, 4)
    events = embedded(files, 1 << 20, in_force.columns)
    outcome = produce(*files, "--history", "--topic", name)
    assert outcome.code == 0, outcome.err
    found = everything(kafka, name)
    records = [one for one in found if one.key is not None]
    stamped = sorted((one.timestamp, json.loads(one.value)["id"]) for one in records if one.value != ahead)
    assert stamped == sorted(zip(events["stamp"], events["id"], strict=True))
    [far] = [one for one in records if one.value == ahead]
    assert START < far.timestamp < START + 1_000_000
    for partition in range(4):
        stamps = [one.timestamp for one in found if one.partition == partition]
        assert stamps == sorted(stamps)
    _closes(found, in_force, events, 4)


def _closes(found: list[Any], pack: Any, events: Any, partitions: int) -> None:
    """Each partition ends with a heartbeat of the stamp that ends an embedded run."""
    pipeline = Pipeline(pack, "tipstaff", {"account": 100, "key": 100, "workload": 100, "end_user": 100})
    state = pipeline.empty()
    pipeline.step(state, events)
    wanted = closing_heartbeat(pipeline, state, 0)
    assert wanted is not None
    for partition in range(partitions):
        last = [one for one in found if one.partition == partition][-1]
        assert json.loads(last.value)["type"] == "heartbeat"
        assert last.timestamp == wanted["stamp"].item()


def test_bad_records_are_told_and_sent_only_when_asked_for(
    kafka: str, topic: Topic, produce: Produce, tmp_path: Path
) -> None:
    """What makes no event is counted by reason; with --send-bad it is sent as it is, unless no batch can hold it."""
    good = _lines(20)
    file = written(tmp_path / "a", [*good[:5], b"oops", b'{"id": "x"}', b"y" * 1_100_000, *good[5:]])
    first, second = _live(topic, 2), _live(topic, 2)
    said = produce(file, "--topic", first).err
    assert "3 records make no event" in said
    assert "1 not_json" in said
    assert "0 of them were sent (--send-bad sends them)" in said
    assert sorted(one.value for one in everything(kafka, first)) == sorted(good)
    assert "2 of them were sent" in produce(file, "--topic", second, "--send-bad").err
    assert sorted(one.value for one in everything(kafka, second)) == sorted([*good, b"oops", b'{"id": "x"}'])


def test_a_wrong_topic_is_refused(kafka: str, topic: Topic, produce: Produce, tmp_path: Path) -> None:
    """A topic that is missing, stamps by itself, or needs stamps is met with the reason, and nothing is written."""
    file, live, history = written(tmp_path / "a", _lines(3)), _live(topic, 1), _history(topic, 1)
    for arguments, message in [
        (("--topic", "no-such-topic"), "there is no topic no-such-topic: tipstaff topics apply"),
        (("--topic", live, "--history"), f"{live} stamps records as they arrive"),
        (("--topic", history), f"{history} is a history topic"),
    ]:
        outcome = produce(file, *arguments)
        assert (outcome.code, message in outcome.err) == (1, True), outcome.err
    assert everything(kafka, live) == everything(kafka, history) == []
    consumer = KafkaConsumer(bootstrap_servers=kafka)
    assert "no-such-topic" not in consumer.topics()
    consumer.close()


def test_a_stamp_that_the_broker_refuses_is_told(topic: Topic, produce: Produce, tmp_path: Path) -> None:
    """A log from the future is met with what to change of the topic, and how much has arrived."""
    file = written(tmp_path / "a", [line(n, START + 10**12 + n) for n in range(3)])
    outcome = produce(file, "--topic", _history(topic, 1), "--history")
    assert outcome.code == 1
    assert "refuses a stamp" in outcome.err
    assert "0 events are acknowledged" in outcome.err


def test_a_damaged_file_is_told_with_what_has_arrived(
    kafka: str, topic: Topic, produce: Produce, tmp_path: Path
) -> None:
    """Where a file cannot be read on, what came before it is acknowledged and counted."""
    name, file = _live(topic, 1), tmp_path / "a.zst"
    text = b"".join(line(n, START + n, "acme", pad="x" * 60_000) + b"\n" for n in range(650))  # several blocks
    whole = zstandard.compress(text)
    file.write_bytes(whole + whole[: len(whole) // 2])
    outcome = produce(file, "--topic", name)
    assert (outcome.code, "damaged or cut short" in outcome.err) == (1, True)
    arrived = len(everything(kafka, name))
    assert 200 < arrived < 975
    assert f"{arrived:,} events are acknowledged" in outcome.err


def test_a_broker_that_dies_loses_nothing(
    own_broker: OwnBroker, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the broker goes away, the message says how much is safe; --skip with that leaves no event out."""
    monkeypatch.setenv("TIPSTAFF_KAFKA_PATIENCE_S", "4")
    lines, name = _lines(3_000), "live"
    file = written(tmp_path / "a", lines)
    admin = KafkaAdminClient(bootstrap_servers=own_broker.bootstrap)
    admin.create_topics({name: {"num_partitions": 3, "replication_factor": 1}}, wait_for_metadata=True)
    admin.alter_configs([ConfigResource("TOPIC", name, {"message.timestamp.type": "LogAppendTime"})], incremental=True)
    admin.close()
    arguments = ("produce", file, "--topic", name, "--pack", pack, "--bootstrap", own_broker.bootstrap)
    process = started(*arguments, "--rate", 400)
    _wait_for(own_broker.bootstrap, name, 200)
    own_broker.kill()
    said = process.communicate(timeout=90)[1].decode()
    assert process.returncode == 1
    assert "Kafka has not answered for 4 s" in said
    safe = int(said.rsplit("--skip ", 1)[1])
    own_broker.start()
    assert {one.value for one in everything(own_broker.bootstrap, name)} >= set(lines[:safe])
    monkeypatch.setenv("TIPSTAFF_KAFKA_PATIENCE_S", "60")
    assert tipstaff(*arguments, "--skip", safe).code == 0
    assert {one.value for one in everything(own_broker.bootstrap, name)} == set(lines)


def _wait_for(bootstrap: str, topic: str, offsets: int) -> None:
    consumer, deadline = KafkaConsumer(bootstrap_servers=bootstrap), time.monotonic() + 60
    while length(consumer, topic) < offsets:
        assert time.monotonic() < deadline, "nothing arrives"
    consumer.close()


def test_a_stopped_produce_goes_on_where_it_was(
    kafka: str, topic: Topic, produce: Produce, pack: Path, tmp_path: Path
) -> None:
    """SIGTERM ends it with the number acknowledged; --skip with that brings the rest, once, in order, and closed."""
    name, lines = _history(topic, 3), _lines(3_000)
    file = written(tmp_path / "a", lines)
    process = started("produce", file, "--topic", name, "--history", "--rate", 500, "--pack", pack,
                      "--bootstrap", kafka)  # fmt: skip
    _wait_for(kafka, name, 200)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1].decode()
    arrived = len(everything(kafka, name))
    assert process.returncode == 1
    assert 200 <= arrived < 3_000
    assert f"stopped, as asked\n{arrived:,} events are acknowledged by {name}." in said
    assert said.rstrip().endswith(f"--skip {arrived}")
    assert produce(file, "--topic", name, "--history", "--skip", arrived).code == 0
    found = everything(kafka, name)
    assert len(found) == 3_003
    for partition in range(3):
        *own, last = [one for one in found if one.partition == partition]
        assert b"heartbeat" in last.value
        assert [one.timestamp for one in own] == sorted(one.timestamp for one in own)
    assert sorted(one.value for one in found if one.key is not None) == sorted(lines)
