"""`tipstaff enforce` brings events of its own into the stream: reports, once it is known whom they are about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from bridges import everything, until
from broker import Topic
from enforcers import Post, enforcing, now_ms, posted
from kafka.partitioner.default import murmur2

from streams.enforcement.ledger import schema
from streams.enforcement.ledger.own_events import CURSOR, Sending
from streams.enforcement.ledger.transaction import FencedOff
from streams.enforcement.service.producing import Producing
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names

PARTITIONS = 3


@pytest.fixture
def post(kafka: str, topic: Topic, tmp_path: Path) -> Iterator[Post]:
    """A place for enforcement with a topic of usage events; rae takes reports in."""
    with posted(kafka, topic, tmp_path, {"events": topic("events", partitions=PARTITIONS)}) as made:
        made.hire("rae", "reviewer")
        yield made


def reported(post: Post, count: int, **args: Any) -> None:
    for n in range(count):
        post.command(
            "rae", "report.add", kind="violation", reporter_id=f"r-{n}", text="SEE", clause="harassment", **args
        )


def events(post: Post) -> Sequence[Any]:
    """The records of the events' topic, in the order of each partition."""
    return everything(post.bootstrap, post.names["events"])


def passed(post: Post) -> list[int]:
    return [row["next_offset"] for row in post.rows(schema.sources, schema.sources.c.topic == CURSOR)]


def ids(found: Sequence[Any]) -> list[str]:
    return [json.loads(one.value)["id"] for one in found]


def test_a_report_enters_the_stream_by_its_account(post: Post) -> None:
    """A report that was added by a command is in the events' topic, where its account's events are; one whose account
    is not known only once somebody links it; and none is there twice after a second start.
    """
    reported(post, 1, account_id="acme")
    reported(post, 1)
    with enforcing(post, "one.log") as process:
        until(lambda: len(post.rows(schema.reports)) == 2, "two reports")
        until(lambda: len(events(post)) == 1, "an event")
        (unknown,) = post.rows(schema.reports, schema.reports.c.account_id.is_(None))
        post.command("rae", "report.link", report=unknown["report_id"], account_id="other")
        until(lambda: len(events(post)) == 2 and passed(post) == [3], "another event")
        assert process.end() == 0, process.text
    found = events(post)
    assert sorted((one.key, json.loads(one.value)["account_id"]) for one in found) == [
        (b"acme", "acme"), (b"other", "other"),
    ]  # fmt: skip
    assert all(one.partition == _partition(one.key.decode()) for one in found)
    assert set(ids(found)) == {f"report-{row['report_id']}" for row in post.rows(schema.reports)}
    assert b"SEE" not in b"".join(one.value for one in found)
    with enforcing(post, "two.log"):
        reported(post, 1, account_id="third")
        until(lambda: len(events(post)) == 3, "a third event")


def _partition(account: str) -> int:
    return int(murmur2(account.encode()) & 0x7FFFFFFF) % PARTITIONS


def test_what_was_sent_but_not_noted_comes_again(post: Post) -> None:
    """Where a process ends between sending and noting it, the next one sends the same ids, in the same order, and
    nothing is missing.
    """
    reported(post, 3, account_id="acme")
    with enforcing(post, "one.log") as process:
        until(lambda: passed(post) == [4], "three events that were noted")
        assert process.end() == 0, process.text
    with post.ledger.writing(now_ms()) as tx:  # as if the process had ended before it noted the last two
        tx.update(schema.sources, schema.sources.c.topic == CURSOR, next_offset=2)
    first = ids(events(post))
    names = Names(events=post.names["events"])
    producing = Producing(KafkaSettings(bootstrap=post.bootstrap), names)
    post.ledger.fence = 99
    with pytest.raises(FencedOff):
        Sending(post.ledger, producing.bring).turn(now_ms())
    producing.close()
    post.ledger.fence = None
    with enforcing(post, "two.log"):
        until(lambda: passed(post) == [4], "all events noted")
    assert ids(events(post)) == [*first, *first[1:], *first[1:]]
