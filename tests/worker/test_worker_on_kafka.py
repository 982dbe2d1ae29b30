"""`tipstaff worker` as a user starts it, on a real broker."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bridges import until
from broker import Topic
from command_line import COMMAND
from workers import Site, site_on, working

from streams.alert_lines import rfc3339
from streams.pack import read_pack

T0 = 1_772_409_600_000

FEATURES = """\
features:
  - {name: tries, entity: account, event: auth, aggregate: count, windows: [1h], signal: identity}
"""
RULE = """\
id: many-tries
title: many tries
clause: unauthorised-use
severity: low
entity: account
on: tick
when: [tries_1h >= ENOUGH]
description: For tests.
runbook: look
false_positives: [none]
tests:
  - {name: enough, fires: true, events: [{type: auth, account_id: a, every: 1s, repeat: ENOUGH}]}
  - {name: too few, fires: false, events: [{type: auth, account_id: a, every: 1s, repeat: LESS}]}
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A rule of three tries, in the place of the shipped ones."""
    return made_pack(tmp_path / "mine")


def made_pack(folder: Path, tries: int = 3) -> Path:
    """The shipped rules are left out: publishing runs every test of a pack, and theirs take half a minute of CPU."""
    (folder / "rules").mkdir(parents=True)
    shipped = read_pack()
    names = [*(rule.id for rule in shipped.rules), *(model.id for model in shipped.models)]
    (folder / "pack.yaml").write_text(f"without: {json.dumps(names)}")
    (folder / "features.yaml").write_text(FEATURES)
    text = RULE.replace("ENOUGH", str(tries)).replace("LESS", str(tries - 1))
    (folder / "rules" / "many-tries.yaml").write_text(text)
    return folder


@pytest.fixture
def history(kafka: str, topic: Topic) -> Site:
    return site_on(kafka, topic, history=True)


@pytest.fixture
def live(kafka: str, topic: Topic) -> Site:
    return site_on(kafka, topic)


def tries(account: str, count: int, start: int = T0) -> list[dict[str, Any]]:
    return [{"id": f"{account}-{start}-{n}", "type": "auth", "account_id": account, "time": rfc3339(start + n),
             "stamp": start + n} for n in range(count)]  # fmt: skip


def closing(site: Site, stamp: int) -> None:
    for partition in range(4):
        heartbeat = {"id": f"end-{partition}", "type": "heartbeat", "time": rfc3339(stamp), "stamp": stamp}
        site.feed([heartbeat], partition)


def told(site: Site) -> list[tuple[str, str, str]]:
    return sorted((one["detector"], whose(one), one["pack"]) for one in site.alerts())


def whose(alert: dict[str, Any]) -> str:
    """Its account; of a cluster, its own name."""
    return str(alert["entity"].get("account_id", alert["entity"]["id"]))


def command(site: Site, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **site.environment, **more}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=120
    )


def test_alerts_dead_letters_snapshots_and_offsets_of_one_run(history: Site, pack: Path, tmp_path: Path) -> None:
    """Events become alerts once; a bad record is told with its place; a second run goes on where the first stopped."""
    history.feed([*tries("a", 3), *tries("b", 2), b"no json"])
    closing(history, T0 + 60_000)
    with working(history, tmp_path / "one.log", "--pack", pack) as worker:
        worker.wait_ready()
        until(lambda: history.lag() == 0, "all records committed")
        assert [one[:2] for one in told(history)] == [("many-tries", "a")]
        assert [(one.reason, one.value) for one in history.graves()] == [("not_json", b"no json")]
        assert worker.metric("events_total", type="auth") == 5
        assert worker.metric("partitions") == 4
        assert worker.end() == 0
    history.feed([*tries("b", 1, T0 + 120_000)])
    closing(history, T0 + 240_000)
    with working(history, tmp_path / "two.log", "--pack", pack) as worker:
        worker.wait_ready()
        until(lambda: history.lag() == 0, "all records committed")
        assert [one[:2] for one in told(history)] == [("many-tries", "a"), ("many-tries", "b")]
        assert worker.metric("events_total", type="auth") == 1, "what the snapshot holds is not read again"
        assert worker.end() == 0


def test_a_killed_worker_with_its_snapshots_in_a_folder_goes_on(history: Site, pack: Path, tmp_path: Path) -> None:
    """Kill -9, and the next one tells nothing twice under another id."""
    arguments = ("--pack", pack, "--snapshots", tmp_path / "snapshots")
    history.feed(tries("a", 3))
    closing(history, T0 + 60_000)
    with working(history, tmp_path / "one.log", *arguments, TIPSTAFF_SNAPSHOT_EVERY_S="0.1") as worker:
        until(lambda: told(history), "an alert")
        until(lambda: list((tmp_path / "snapshots").rglob("*.snapshot")), "a snapshot")
        worker.process.kill()
    history.feed(tries("a", 3, T0 + 1_200_000))
    closing(history, T0 + 1_300_000)
    with working(history, tmp_path / "two.log", *arguments) as worker:
        worker.wait_ready()
        until(lambda: history.lag() == 0, "all records committed")
    found = history.alerts()
    assert len({one["id"] for one in found}) == 1
    assert {one["revision"] for one in found} == {1, 2}


def test_a_silent_live_partition_is_closed_by_heartbeats(live: Site, pack: Path, tmp_path: Path) -> None:
    """Nobody writes any more, and the alert comes all the same."""
    with working(live, tmp_path / "log", "--pack", pack) as worker:
        worker.wait_ready()
        live.feed(tries("a", 3, time.time_ns() // 1_000_000))
        until(lambda: told(live), "an alert", seconds=60)
        assert worker.metric("heartbeats_total") > 0
        assert not live.graves()


def test_a_published_pack_is_taken_up_by_the_worker_and_by_a_replay_at_one_place(
    history: Site, pack: Path, tmp_path: Path
) -> None:
    """Two tries suffice only after the order; what was counted before it counts on."""
    stricter = made_pack(tmp_path / "stricter", tries=2)
    history.feed([*tries("a", 3), *tries("b", 2), *tries("c", 1)])
    closing(history, T0 + 60_000)
    with working(history, tmp_path / "log", "--pack", pack) as worker:
        worker.wait_ready()
        published = command(history, "pack", "publish", "--pack", stricter)
        assert published.returncode == 0, published.stderr
        history.feed([*tries("c", 1, T0 + 120_000), *tries("d", 2, T0 + 120_000)])
        closing(history, T0 + 180_000)
        until(lambda: history.lag() == 0, "all records committed")
        until(lambda: worker.metric("packs_taken_up_total") == 4, "the pack in every partition")
    older, newer = (read_pack(one).hash for one in (pack, stricter))
    found = history.alerts()
    assert sorted((whose(one), one["pack"]) for one in found) == [
        ("a", older), ("c", newer), ("d", newer)]  # fmt: skip
    replayed = command(history, "replay", "--topic", history.names["events"])
    assert ids(map(json.loads, replayed.stdout.splitlines()), newer) == ids(found, newer)


def ids(alerts: Iterable[dict[str, Any]], pack: str) -> list[tuple[str, str]]:
    return sorted((whose(one), one["id"]) for one in alerts if one["pack"] == pack)


def test_a_pack_is_not_published_without_a_key_or_with_failing_tests(history: Site, pack: Path) -> None:
    """Nothing is written then, and the message says what to do."""
    without = command(history, "pack", "publish", "--pack", pack, TIPSTAFF_WORKER_CONTROL_KEY="")
    assert (without.returncode, "TIPSTAFF_WORKER_CONTROL_KEY" in without.stderr) == (1, True)
    rule = pack / "rules" / "many-tries.yaml"
    rule.write_text(rule.read_text().replace("repeat: 2", "repeat: 4"))
    failing = command(history, "pack", "publish", "--pack", pack)
    assert (failing.returncode, "many-tries: too few" in failing.stderr) == (1, True)
    assert history.lag() == 0


@pytest.mark.parametrize("way", ["sasl", "ssl"])
def test_a_worker_gets_in_by_scram_and_by_mtls(
    way: str, history: Site, pack: Path, tmp_path: Path, secure_kafka: dict[str, Any]
) -> None:
    """Reading, state, packs and alerts all go through the secured listener; no password is said."""
    told_of = secure_kafka[way]
    settings = {"TIPSTAFF_KAFKA_BOOTSTRAP": told_of["bootstrap"]}
    if way == "sasl":
        settings |= {"TIPSTAFF_KAFKA_SECURITY": "sasl_plaintext", "TIPSTAFF_KAFKA_USERNAME": told_of["user"],
                     "TIPSTAFF_KAFKA_PASSWORD_FILE": told_of["password_file"]}  # fmt: skip
    else:
        settings |= {"TIPSTAFF_KAFKA_SECURITY": "ssl", "TIPSTAFF_KAFKA_CA_FILE": told_of["ca"],
                     "TIPSTAFF_KAFKA_CERT_FILE": told_of["certificate"],
                     "TIPSTAFF_KAFKA_KEY_FILE": told_of["key"]}  # fmt: skip
    history.feed(tries("a", 3))
    closing(history, T0 + 60_000)
    with working(history, tmp_path / "log", "--pack", pack, **settings) as worker:
        worker.wait_ready()
        until(lambda: history.lag() == 0, "all records committed")
        assert [one[1] for one in told(history)] == ["a"]
        assert worker.end() == 0
        if way == "sasl":
            assert Path(told_of["password_file"]).read_text().strip() not in worker.text


def test_wrong_keys_are_told_once_and_reading_goes_on(history: Site, pack: Path, tmp_path: Path) -> None:
    """Events that are not keyed by their account are counted, and said to split windows."""
    history.feed(tries("a", 6), keyed=False)
    with working(history, tmp_path / "log", "--pack", pack) as worker:
        worker.wait_ready()
        until(lambda: history.lag() == 0, "all records committed")
        assert worker.metric("wrong_keys_total") == 6
        assert "not keyed by their account_id" in worker.text


def test_an_unreachable_broker_is_a_message_an_unready_answer_and_an_end(tmp_path: Path) -> None:
    """No silent stall: 503 while it waits, then exit code 1 within the patience."""
    nowhere = Site("127.0.0.1:9", {"events": "events"}, history=False)
    with working(nowhere, tmp_path / "log", TIPSTAFF_KAFKA_PATIENCE_S="4") as worker:
        status, body = worker.asked("/readyz")
        assert (status, json.loads(body)["reason"]) == (503, "waiting for Kafka")
        assert worker.asked("/healthz")[0] == 200
        assert worker.process.wait(40) == 1
        assert "cannot be reached at 127.0.0.1:9" in worker.text
        assert "Traceback" not in worker.text


def test_a_worker_that_waits_for_its_broker_ends_when_told(tmp_path: Path) -> None:
    """SIGTERM is heeded before there is any Kafka."""
    nowhere = Site("127.0.0.1:9", {"events": "events"}, history=False)
    with working(nowhere, tmp_path / "log") as worker:
        worker.asked("/readyz")
        assert worker.end() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [({"TIPSTAFF_TOPIC_EVENTS": "nowhere"}, "there is no topic nowhere: run tipstaff topics apply"),
     ({"TIPSTAFF_TOPIC_EVENTS_HISTORY": "false"}, "is stamped by its producers"),
     ({"TIPSTAFF_WORKER_SESSION_S": "0"}, "TIPSTAFF_WORKER_SESSION_S")],
    ids=["no topic", "stamps of producers", "bad setting"],
)  # fmt: skip
def test_what_cannot_work_is_told_before_anything_is_read(
    history: Site, tmp_path: Path, change: dict[str, str], message: str
) -> None:
    """A message that says what to do, and exit code 1."""
    with working(history, tmp_path / "log", **change) as worker:
        assert worker.process.wait(60) == 1
        assert message in worker.text
        assert "Traceback" not in worker.text


def test_a_topic_with_another_partition_count_is_refused(history: Site, pack: Path, tmp_path: Path, kafka: str) -> None:
    """Its accounts lie elsewhere: the worker says so and ends, instead of going on with half of each window."""
    from kafka import KafkaAdminClient

    history.feed(tries("a", 3))
    closing(history, T0 + 60_000)
    with working(history, tmp_path / "one.log", "--pack", pack) as worker:
        worker.wait_ready()
        until(lambda: history.lag() == 0, "all records committed")
        assert worker.end() == 0
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        admin.create_partitions({history.names["events"]: 8})
        admin.create_partitions({history.names["snapshots"]: 8})
    finally:
        admin.close()
    with working(history, tmp_path / "two.log", "--pack", pack) as worker:
        assert worker.process.wait(60) == 70
        assert "had 4 partitions; now it has 8" in worker.text


def test_nothing_but_the_health_server_listens(history: Site, pack: Path, tmp_path: Path) -> None:
    """Faust's own web server, tables and router are closed."""
    with working(history, tmp_path / "log", "--pack", pack) as worker:
        worker.wait_ready()
        assert listening(worker.process.pid) == [f"127.0.0.1:{worker.address().rpartition(':')[2]}"]


def listening(pid: int) -> list[str]:
    """Addresses that a process listens at."""
    sockets = set(inodes(pid))
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                host, port = fields[1].split(":")
                name = "127.0.0.1" if host == "0100007F" else host
                found.append(f"{name}:{int(port, 16)}")
    return found


def inodes(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[8:-1]


def test_two_workers_share_the_partitions_and_one_takes_over(history: Site, pack: Path, tmp_path: Path) -> None:
    """Each has half; when one is killed the other has all, and the alerts are the same."""
    arguments = ("--pack", pack)
    with working(history, tmp_path / "one.log", *arguments) as one:
        one.wait_ready()
        with working(history, tmp_path / "two.log", *arguments) as two:
            until(lambda: one.metric("partitions") == 2 == two.metric("partitions"), "two halves")
            history.feed([*tries("a", 3), *tries("b", 3), *tries("c", 2)])
            two.process.kill()
        history.feed(tries("c", 1, T0 + 1_000))
        closing(history, T0 + 60_000)
        until(lambda: one.metric("partitions") == 4, "all of them")
        until(lambda: history.lag() == 0, "all records committed")
    assert sorted({one[1] for one in told(history)}) == ["a", "b", "c"]
