"""Dead letters on a real broker: listed, shown, and sent again, each record once."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from broker import Topic
from command_line import Outcome, started, tipstaff
from kafka import KafkaConsumer
from worker.topic_records import bury, everything, length, put

from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.letters.exhuming import Wanted
from streams.worker.letters.graves import Grave
from streams.worker.letters.graveyard import Graveyard
from streams.worker.letters.redriving import FROM, redrive

_STAMP = 1_772_409_600_000
_ESCAPE = "\x1b[2J"


@dataclass
class Yard:
    """A dead letters' topic and a topic that its letters come from."""

    kafka: str
    topic: str
    source: str

    def grave(self, number: int, reason: str = "bad_time", partition: int = 0) -> Grave:
        """A letter; no two numbers are of the same record."""
        return Grave(self.source, partition, number, _STAMP + number, reason, f"detail {number}", b"a%d" % number,
                     b'{"number": %d}' % number)  # fmt: skip

    def command(self, verb: str, *arguments: object) -> Outcome:
        return tipstaff("dead-letters", verb, *arguments, "--bootstrap", self.kafka)

    def resent(self) -> list[int]:
        """The numbers of the records sent again, committed ones alone."""
        return [json.loads(one.value)["number"] for one in everything(self.kafka, self.source)]


@pytest.fixture
def yard(kafka: str, topic: Topic, monkeypatch: pytest.MonkeyPatch) -> Yard:
    """An empty one on the real broker."""
    made = Yard(kafka, topic("dead", 2, message_timestamp_type="LogAppendTime"), topic("events", 3, retention_ms=-1))
    monkeypatch.setenv("TIPSTAFF_TOPIC_DEAD_LETTERS", made.topic)
    return made


def test_the_list_shows_the_newest_last_and_counts_by_reason(yard: Yard) -> None:
    """Letters come in the order they were put there; the limit keeps the newest; all are counted."""
    for number in range(4):
        bury(yard.kafka, yard.topic, [yard.grave(number, "not_json" if number == 2 else "bad_time")])
    found = yard.command("list", "--limit", 2, "--json").json
    assert [one["detail"] for one in found["letters"]] == ["detail 2", "detail 3"]
    assert found["reasons"] == {"bad_time": 3, "not_json": 1}
    assert found["letters"][0]["source"] == f"{yard.source}:0:2"
    assert found["letters"][0]["stamp"] == "2026-03-02T00:00:00.002Z"
    only = yard.command("list", "--reason", "not_json", "--json").json
    assert [one["detail"] for one in only["letters"]] == ["detail 2"]
    assert yard.command("list", "--since", "2500-01-01T00:00:00Z").out == yard.command("list", "--reason", "x").out
    assert "the newest 1 of 4 are shown" in yard.command("list", "--limit", 1).out


def test_what_a_letter_holds_is_data(yard: Yard) -> None:
    """Neither list nor show let a record write on the terminal; show gives all of it."""
    hostile = replace(yard.grave(0), value=b"[bold]" + _ESCAPE.encode() + b"\xff" + b"x" * 5_000, key=_ESCAPE.encode())
    bury(yard.kafka, yard.topic, [hostile])
    [place] = [one["place"] for one in yard.command("list", "--json").json["letters"]]
    for outcome in (yard.command("list"), yard.command("show", place)):
        assert outcome.code == 0
        assert "\x1b" not in outcome.out
    assert r"[bold]\x1b[2J\xff" + "x" * 5_000 in yard.command("show", place).out
    assert yard.command("show", place, "--json").json["value"] == f"[bold]{_ESCAPE}\\xff" + "x" * 5_000


@pytest.mark.parametrize(("place", "message"), [
    ("x", "give PARTITION:OFFSET"), ("0:99", "has no dead letter at 0:99: it ends before that"),
    ("7:0", "has no dead letter at 7:0"),
])  # fmt: skip
def test_a_place_without_a_letter_is_told(yard: Yard, place: str, message: str) -> None:
    """What is no place, or holds no letter, is refused with the reason."""
    for verb in ("show", "redrive"):
        outcome = yard.command(verb, place)
        assert (outcome.code, message in outcome.err) == (1, True), outcome.err


def test_a_redriven_record_is_the_one_that_came(yard: Yard) -> None:
    """It goes to its own topic and partition with its key, value and, where the topic keeps them, stamp."""
    bury(yard.kafka, yard.topic, [yard.grave(5, partition=2)])
    [place] = [one["place"] for one in yard.command("list", "--json").json["letters"]]
    assert yard.command("redrive", "--yes").code == 0
    [record] = everything(yard.kafka, yard.source)
    assert (record.partition, record.key, record.value) == (2, b"a5", b'{"number": 5}')
    assert record.timestamp == _STAMP + 5
    assert record.headers == [(FROM, place.encode())]


def test_a_letter_is_redriven_once_and_listed_as_such(yard: Yard) -> None:
    """A second redrive finds nothing to do, also where a worker's crash left a second letter of the record."""
    bury(yard.kafka, yard.topic, [yard.grave(0), yard.grave(1), yard.grave(0)])
    said = yard.command("redrive", "--dry-run").err
    assert "2 bad_time would be redriven" in said
    assert "1 not: a second letter of the same record" in said
    assert yard.resent() == []
    assert "2 records were redriven" in yard.command("redrive", "--yes").err
    again = yard.command("redrive", "--yes").err
    assert "3 not: redriven already" in again
    assert "there is nothing to redrive" in again
    assert sorted(yard.resent()) == [0, 1]
    found = yard.command("list", "--json").json
    assert ([one["redriven"] for one in found["letters"]], found["redriven"]) == ([True] * 3, 3)
    assert found["no_letters"] == 0
    marker = next(one for one in everything(yard.kafka, yard.topic) if one.value is None)
    assert "it only says that" in yard.command("show", f"{marker.partition}:{marker.offset}").err


def test_a_person_is_asked_first(yard: Yard) -> None:
    """Whoever says no, or nothing, sends nothing."""
    bury(yard.kafka, yard.topic, [yard.grave(0)])
    for answer in (b"n\n", b""):
        outcome = tipstaff("dead-letters", "redrive", "--bootstrap", yard.kafka, stdin=answer)
        assert "Send 1 records again?" in outcome.err
    assert yard.resent() == []
    assert tipstaff("dead-letters", "redrive", "--bootstrap", yard.kafka, stdin=b"y\n").code == 0
    assert yard.resent() == [0]


def test_only_what_was_asked_for_is_redriven(yard: Yard) -> None:
    """Reason, place and time choose."""
    bury(yard.kafka, yard.topic, [yard.grave(0), yard.grave(1, "not_json"), yard.grave(2)])
    places = {one["detail"]: one["place"] for one in yard.command("list", "--json").json["letters"]}
    assert yard.command("redrive", "--yes", "--since", "2500-01-01T00:00:00Z").code == 0
    assert yard.command("redrive", "--yes", "--until", "2020-01-01T00:00:00Z").code == 0
    assert yard.resent() == []
    assert yard.command("redrive", "--yes", "--reason", "not_json").code == 0
    assert yard.resent() == [1]
    assert yard.command("redrive", "--yes", places["detail 2"]).code == 0
    assert sorted(yard.resent()) == [1, 2]


def test_what_cannot_be_redriven_is_said_and_stays(yard: Yard) -> None:
    """Clipped and withheld records, and those of a topic or partition that is gone, are counted with the reason."""
    one = yard.grave(0)
    bury(yard.kafka, yard.topic, [
        one, replace(yard.grave(1), clipped=True), replace(yard.grave(2), withheld=True, value=b""),
        replace(yard.grave(3), source="gone"), replace(yard.grave(4), partition=9),
    ])  # fmt: skip
    put(yard.kafka, yard.topic, [(None, b"stray", []), (None, b"stray", [("reason", b"x")])])
    said = yard.command("redrive", "--yes").err
    for line in (
        "1 bad_time to be redriven",
        "clipped",
        "withheld",
        "its topic gone",
        f"its partition of {yard.source}",
    ):
        assert line in said
    assert said.count("1 not: ") == 4
    assert "2 records of the topic are no dead letters" in said
    assert yard.resent() == [0]


def test_a_missing_topic_is_told(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a dead letters' topic every verb says how to get one."""
    monkeypatch.setenv("TIPSTAFF_TOPIC_DEAD_LETTERS", "no-such-topic")
    for verb in (["list"], ["show", "0:0"], ["redrive"]):
        outcome = yard.command(*verb)
        assert (outcome.code, "there is no topic no-such-topic: tipstaff topics apply" in outcome.err) == (1, True)


def test_the_second_of_two_redrives_goes_on_and_the_first_stops(yard: Yard) -> None:
    """A redrive beside which another begins stops with a clear message, and nothing is sent twice."""
    bury(yard.kafka, yard.topic, [yard.grave(number) for number in range(1_200)])
    kafka, sent = KafkaSettings(bootstrap=yard.kafka), list[int]()

    def other(count: int) -> None:
        sent.append(count)
        assert yard.command("redrive", "--yes").code == 0

    with (
        Graveyard(kafka, yard.topic, print) as graves,
        pytest.raises(KafkaRefused, match="another redrive has begun and goes on from here"),
    ):
        redrive(kafka, graves, Wanted(), lambda _done, _total: None, other)
    assert sent == [500]
    assert sorted(yard.resent()) == list(range(1_200))


def test_each_record_once_whenever_a_redrive_is_killed(yard: Yard) -> None:
    """After any number of kill -9 in the middle of redrives, one that ends has sent what was left, and no more."""
    total, chance = 3_000, random.Random(5)
    bury(yard.kafka, yard.topic, [yard.grave(number, partition=number % 3) for number in range(total)])
    watcher = KafkaConsumer(bootstrap_servers=yard.kafka)
    for _ in range(4):
        process = started("dead-letters", "redrive", "--yes", "--bootstrap", yard.kafka)
        _wait_for(watcher, yard.source, length(watcher, yard.source) + chance.randrange(1, 700))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    watcher.close()
    assert yard.command("redrive", "--yes").code == 0
    assert Counter(yard.resent()) == Counter(range(total))
    assert "there is nothing to redrive" in yard.command("redrive", "--dry-run").err
    undecided = everything(yard.kafka, yard.source, "read_uncommitted")
    assert len(undecided) > total, "no kill met an open transaction: this test has shown nothing"


def _wait_for(watcher: KafkaConsumer, topic: str, wanted: int) -> None:
    deadline = time.monotonic() + 60
    while length(watcher, topic) < wanted:
        assert time.monotonic() < deadline, f"{topic} does not reach {wanted} offsets"
