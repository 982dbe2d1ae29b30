"""The real broker of deploy/kafka keeps what it is given, lets in whom it should, and ends when told."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from broker import NOT_TO_BE_HAD, Broker, OwnBroker, broker_program, topics_on
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError

RECORD = b"a record"


def produce(topic: str, **client: Any) -> Any:
    """Write the record and wait until the broker has it; returns what the broker says of it."""
    producer = KafkaProducer(**client)
    try:
        return producer.send(topic, RECORD).get(timeout=20)
    finally:
        producer.close()


def consumed(topic: str, **client: Any) -> bytes:
    """The first record's value."""
    consumer = KafkaConsumer(topic, auto_offset_reset="earliest", consumer_timeout_ms=20_000, **client)
    try:
        return bytes(next(consumer).value)
    finally:
        consumer.close()


def let_in(**client: Any) -> None:
    """The broker answers a client of these credentials."""
    admin = KafkaAdminClient(**client)
    admin.list_topics()
    admin.close()


def refused(log: str, **client: Any) -> None:
    """The broker does not answer a client of these credentials, and its log says that it failed to prove itself."""
    told = f"Failed authentication with /127.0.0.1 (channelId={client['bootstrap_servers']}-"
    before = Path(log).read_text().count(told)
    with pytest.raises(KafkaTimeoutError):
        KafkaAdminClient(bootstrap_timeout_ms=1500, **client)
    assert Path(log).read_text().count(told) > before


def pid_of(broker: OwnBroker) -> int:
    return int((broker.folder / "broker.pid").read_text())


def test_a_record_comes_back(any_broker: Broker) -> None:
    """What is produced to a topic of three partitions is consumed, on either kind of broker."""
    topic = any_broker.topic("there-and-back", 3)
    produce(topic, **any_broker.client)
    assert consumed(topic, **any_broker.client) == RECORD


@pytest.mark.needs_timestamps
@pytest.mark.needs_topic_creation
def test_a_topic_has_its_configs(any_broker: Broker) -> None:
    """On a topic with LogAppendTime the broker's clock stamps the record."""
    topic = any_broker.topic("stamped", message_timestamp_type="LogAppendTime")
    assert produce(topic, **any_broker.client).timestamp > 1_700_000_000_000


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_records_outlive_the_process(own_broker: OwnBroker, end: str) -> None:
    """After an end in order or a crash the process is gone; started again, the record is still there."""
    pid, address = pid_of(own_broker), own_broker.bootstrap
    with topics_on(address) as topic:
        name = topic("kept")
        produce(name, bootstrap_servers=address)
        getattr(own_broker, end)()
        left = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
        assert left[:1] in ("", "Z")
        assert broker_program("status", "--folder", own_broker.folder).returncode == 1
        own_broker.start()
        assert own_broker.bootstrap == address
        assert consumed(name, bootstrap_servers=address) == RECORD


def test_a_second_start_says_so(own_broker: OwnBroker) -> None:
    """Starting what runs tells its address and leaves it alone; asked for another port it refuses."""
    pid = pid_of(own_broker)
    again = broker_program("start", "--folder", own_broker.folder)
    assert (again.returncode, again.stdout) == (0, f"KAFKA_BOOTSTRAP={own_broker.bootstrap}\n")
    assert f"it runs already (pid {pid})" in again.stderr
    other = broker_program("start", "--folder", own_broker.folder, "--port", 1)
    assert other.returncode == 1
    assert "not as asked: stop it first" in other.stderr
    assert pid_of(own_broker) == pid


def test_a_taken_port_is_told(own_broker: OwnBroker, tmp_path: Path) -> None:
    """Where somebody listens on the port, start names it and leaves nothing running."""
    port, other = own_broker.facts["ports"]["PLAINTEXT"], tmp_path / "other"
    done = broker_program("start", "--folder", other, "--port", port)
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken" in done.stderr
    assert broker_program("status", "--folder", other).returncode == 1


def test_a_death_at_start_is_told(own_broker: OwnBroker) -> None:
    """A broker that cannot read its data dies at start, and start shows its last words."""
    own_broker.stop()
    meta = own_broker.folder / "data" / "meta.properties"
    whole = meta.read_text()
    meta.write_text("version=1\nnode.id=7\n")
    done = broker_program("start", "--folder", own_broker.folder)
    assert done.returncode == 1
    assert "Kafka died at start (exit code 1); its last words:" in done.stderr
    assert "No readable meta.properties files found" in done.stderr
    meta.write_text(whole)
    own_broker.start()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
def test_sasl_lets_in_who_knows_the_password(secure_kafka: dict[str, Any], mechanism: str) -> None:
    """The user's password opens the SASL listener, another does not."""
    sasl = secure_kafka["sasl"]
    client = {"bootstrap_servers": sasl["bootstrap"], "security_protocol": "SASL_PLAINTEXT",
              "sasl_mechanism": mechanism, "sasl_plain_username": sasl["user"]}  # fmt: skip
    let_in(**client, sasl_plain_password=Path(sasl["password_file"]).read_text())
    refused(secure_kafka["log"], **client, sasl_plain_password="guessed")


def test_mtls_lets_in_whom_the_authority_signed(secure_kafka: dict[str, Any], tmp_path: Path) -> None:
    """The client's certificate opens the TLS listener; a stranger's, or none, does not."""
    ssl = secure_kafka["ssl"]
    client = {"bootstrap_servers": ssl["bootstrap"], "security_protocol": "SSL", "ssl_cafile": ssl["ca"]}
    let_in(**client, ssl_certfile=ssl["certificate"], ssl_keyfile=ssl["key"])
    key, stranger = tmp_path / "key.pem", tmp_path / "stranger.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*made, "-keyout", key, "-out", stranger, "-subj", "/CN=tipstaff"], check=True, capture_output=True)
    refused(secure_kafka["log"], **client, ssl_certfile=str(stranger), ssl_keyfile=str(key))
    refused(secure_kafka["log"], **client)


def test_the_password_is_in_no_log(secure_kafka: dict[str, Any]) -> None:
    """The broker, which writes its settings into its log, does not write the password."""
    password, log = Path(secure_kafka["sasl"]["password_file"]).read_text(), Path(secure_kafka["log"])
    told = log.read_text() + log.with_name("console.log").read_text()
    assert "sasl.enabled.mechanisms" in told
    assert password not in told


@pytest.mark.kafka
def test_a_lent_broker_ends_with_the_command(tmp_path: Path) -> None:
    """Lending hands the command's exit code on, and its broker is gone, however the command ended."""
    tells = [sys.executable, "-c", "import os, sys; print(os.environ.get('KAFKA_BOOTSTRAP')); sys.exit(3)"]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
    done = broker_program("lend", "--folder", tmp_path, "--", *tells, env=alone)
    if "no real broker here" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 3, done.stderr
    host, port = done.stdout.strip().split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


def test_without_java_it_says_how_to_get_it(tmp_path: Path) -> None:
    """Where there is no Java, start says so with its own exit code, and lend runs the command all the same."""
    nowhere = {"PATH": str(tmp_path)}
    done = broker_program("start", "--folder", tmp_path / "kafka", env=nowhere)
    assert done.returncode == NOT_TO_BE_HAD
    assert "no java in PATH; Kafka needs Java 17 or newer" in done.stderr
    assert "KAFKA_BOOTSTRAP=host:port" in done.stderr
    lent = broker_program(
        "lend", "--folder", tmp_path / "lent", "--", sys.executable, "-c", "print('ran')", env=nowhere
    )
    assert (lent.returncode, lent.stdout) == (0, "ran\n")
    assert "no real broker here: no java" in lent.stderr


def test_a_broken_fetch_leaves_no_cache(tmp_path: Path) -> None:
    """Where Maven fails half way, what it left is not taken for the jars, and its words are shown."""
    programs = tmp_path / "programs"
    programs.mkdir()
    written(programs / "java", "echo 'openjdk version \"17.0.1\"' >&2")
    written(programs / "mvn", 'for a; do case "$a" in -DoutputDirectory=*) into="${a#*=}";; esac; done',
            '/bin/mkdir -p "$into"', ': > "$into/kafka_2.13-0.jar"', "echo no network; exit 1")  # fmt: skip
    cache = tmp_path / "cache" / "jars"
    done = broker_program("start", "--folder", tmp_path / "kafka", "--cache", cache, env={"PATH": str(programs)})
    assert done.returncode == 1
    assert "Maven could not fetch Kafka's jars (exit code 1)" in done.stderr
    assert "no network" in done.stderr
    assert list(cache.parent.iterdir()) == []


def test_stop_ends_nobody_else(tmp_path: Path) -> None:
    """A pid that another process has taken since is not the broker's: stop says it does not run, and ends nothing."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        (tmp_path / "broker.pid").write_text(f"{bystander.pid}\n")
        done = broker_program("stop", "--kill", "--folder", tmp_path)
        assert (done.returncode, "not running" in done.stderr) == (0, True)
        bystander.communicate(b"\n")
    assert bystander.returncode == 0


def written(program: Path, *lines: str) -> None:
    """A shell program of these lines."""
    program.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    program.chmod(0o755)
