"""`tipstaff models train … --from-kafka` on a real broker: what a topic teaches is what its files teach."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from broker import Topic
from command_line import Outcome, tipstaff
from kafka import KafkaAdminClient, KafkaProducer
from kafka.structs import TopicPartition
from odd_models import ODD_ACCOUNT, ODD_KEY, pack_with
from worker.filed_logs import START, written

from streams.alert_lines import rfc3339
from streams.pack import read_pack

HOUR = 3_600_000

Train = Callable[..., Outcome]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with two models more."""
    return pack_with(tmp_path / "pack", ODD_ACCOUNT, ODD_KEY)


@pytest.fixture
def train(kafka: str, pack: Path) -> Train:
    """`models train anomaly` on this broker, for this pack's model of accounts."""
    return lambda *more: tipstaff("models", "train", "anomaly", "--pack", pack, "--model", "odd-account",
                                  "--bootstrap", kafka, *more)  # fmt: skip


def history(topic: Topic, partitions: int = 3) -> str:
    return topic("history", partitions, message_timestamp_type="CreateTime", retention_ms=-1,
                 message_timestamp_before_max_ms=2**63 - 1)  # fmt: skip


def log(first: int) -> list[bytes]:
    """Half of 240 accounts over 49 hours, each with an hour of requests a day; every seventh a little out of order."""
    lines = [
        {"id": f"{n}-{day}-{i}", "type": "inference", "operation": "chat", "account_id": f"a{n:03}", "org_id": f"o{n}",
         "api_key_id": f"k{n}", "plan": "pro" if n % 3 else "free", "asn": 64_512 + i % 3,
         "time": START + day * 24 * HOUR + n * 60_000 + i * 11_000 - (3_000 if i % 7 == 6 else 0)}
        for n in range(first, 240, 2) for day in range(2) for i in range((n % 5 + 1) * (10 if n == 7 else 1))
    ]  # fmt: skip
    lines.append({"id": f"end-{first}", "time": START + 49 * HOUR, "type": "inference", "account_id": "z",
                  "plan": "pro"})  # fmt: skip
    ordered = sorted(lines, key=lambda one: int(str(one["time"])))
    return [json.dumps({**one, "time": rfc3339(int(str(one["time"])))}).encode() for one in ordered]


def put(kafka: str, name: str, values: list[bytes], stamp: int) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka)
    try:
        for sent in [producer.send(name, value, partition=0, timestamp_ms=stamp) for value in values]:
            sent.get(30)
    finally:
        producer.close()


@pytest.mark.parametrize("kind", ["anomaly", "peers"])
def test_files_and_a_topic_made_of_them_teach_the_same(
    kind: str, kafka: str, topic: Topic, pack: Path, tmp_path: Path
) -> None:
    """Byte for byte: what `produce --history` brought into three partitions, and the files themselves.

    What lies there besides (an order to take up a pack, a record that cannot be read) changes nothing and is told.
    """
    files, name = [written(tmp_path / f"{half}", log(half)) for half in (0, 1)], history(topic)
    other = shutil.copytree(pack, tmp_path / "other")
    control = json.dumps({"id": "c", "time": rfc3339(START), "type": "control"}).encode()
    put(kafka, name, [control, b"no json"], START)
    assert tipstaff("produce", *files, "--history", "--topic", name, "--pack", pack, "--bootstrap", kafka).code == 0
    from_files = tipstaff("models", "train", kind, *files, "--pack", pack)
    assert from_files.code == 0, from_files.err
    read = tipstaff("models", "train", kind, "--from-kafka", "--topic", name, "--bootstrap", kafka, "--pack", other)
    assert read.code == 0, read.err
    for made in ("peers.json",) if kind == "peers" else ("models/odd-account.model", "models/odd-key.model"):
        assert (other / made).read_bytes() == (pack / made).read_bytes(), made
    assert read_pack(other).hash == read_pack(pack).hash
    assert from_files.err.splitlines()[0] in read.err.splitlines()
    assert "1 dead letters: not_json" in read.err
    assert "1 records or parts of records are no events" in read.err


def test_a_span_of_the_topic_and_no_group(kafka: str, topic: Topic, pack: Path, train: Train, tmp_path: Path) -> None:
    """--since counts back from the newest record, --until is left out itself (too little is left); no group is made."""
    name = history(topic)
    produced = tipstaff("produce", written(tmp_path / "log", log(0)), "--history", "--topic", name, "--pack", pack,
                        "--bootstrap", kafka)  # fmt: skip
    assert produced.code == 0, produced.err
    before = groups(kafka)
    read = train("--from-kafka", "--topic", name, "--since", "26h", "--until", rfc3339(START + 49 * HOUR))
    assert (read.code, "read 360 events" in read.err, "at least a day is needed" in read.err) == (1, True, True), (
        read.err
    )
    assert groups(kafka) == before
    nothing = train("--from-kafka", "--topic", name, "--until", rfc3339(START - 1))
    assert (nothing.code, "holds no record up to" in nothing.err) == (1, True), nothing.err


def groups(kafka: str) -> set[str]:
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        return {str(one) for one in admin.list_groups()}
    finally:
        admin.close()


def test_topics_that_teach_nothing_are_refused(kafka: str, topic: Topic, train: Train, pack: Path) -> None:
    """Missing, never written, emptied by retention, compacted: the exit code is 1, the reason is told, none is made."""
    emptied, value = topic("emptied"), log(0)[0]
    put(kafka, emptied, [value], START)
    admin: Any = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        admin.delete_records({TopicPartition(emptied, 0): 1})
    finally:
        admin.close()
    for name, said in (("nowhere", "there is no topic nowhere"), (topic("new"), "nothing was ever written"),
                       (emptied, "retention (retention.ms) left none"),
                       (topic("compacted", cleanup_policy="compact"), "is compacted")):  # fmt: skip
        told = train("--from-kafka", "--topic", name)
        assert (told.code, said in told.err) == (1, True), told.err
    assert not (pack / "models").exists()
