"""Two `tipstaff enforce` on a real broker under kill -9, a freeze and a locked ledger: every effect once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from bridges import until
from broker import OwnBroker, Topic, topics_on
from enforcers import LEASE_S, Post, enforcing, leads, pods, posted, verified, wait_leads
from ledger_urls import engine_of, url_of
from workers import Working

from streams.enforcement.ledger import schema

KILLS = 8 if os.environ.get("TIPSTAFF_SURVIVAL") else 4


def once(post: Post, expected: list[str]) -> None:
    """Exactly these pods were stopped, each once; each has one action, and the audit is whole."""
    assert sorted(post.stopped()) == sorted(expected)
    assert sorted(row["entity_id"] for row in post.rows(schema.actions)) == sorted(expected)
    assert {row["attempts"] for row in post.rows(schema.outbox)} >= {1}
    verified(post)


@pytest.mark.slow_kafka
def test_killed_at_random_moments(any_post: Post) -> None:
    """Killed -9 again and again while alerts come in, it loses no alert and doubles no effect.

    Four times, `make survival` eight times.
    """
    post = any_post
    chance, expected, kills = random.Random(6), list[str](), KILLS if post.url.startswith("sqlite") else 4
    for number in range(kills):
        batch = pods(number * 5, number * 5 + 5)
        expected += batch
        with enforcing(post, f"{number}.log") as process:
            if number % 2:
                wait_leads(process)
            post.raise_alerts(*(post.pod(pod, account=f"acct-{pod}", plan="trial") for pod in batch))
            time.sleep(chance.uniform(0, 1.5))  # which moment it is, is left to chance on purpose
            assert process.end(signal.SIGKILL) == -signal.SIGKILL
    with enforcing(post, "last.log"):
        # What was being sent when it was killed is sent again after a minute, under the same id.
        post.wait_stopped(*expected, seconds=100)
        until(lambda: {row["state"] for row in post.rows(schema.actions)} == {"confirmed"}, "all confirmed", 100)
        until(lambda: {one["alert_id"] for one in post.decisions()}
              == {row["alert_id"] for row in post.rows(schema.decisions)}, "all published")  # fmt: skip
    once(post, expected)
    (lease,) = post.rows(schema.lease)
    assert lease["token"] >= kills // 2  # so many were killed while they acted; the last may find all of it done


def test_another_takes_over(any_post: Post) -> None:
    """Of two, one acts; when it is killed -9 the other acts within 15 s, and what the first did is not done again."""
    post = any_post
    with enforcing(post, "one.log") as one, enforcing(post, "two.log") as two:
        first = wait_leads(one, two)
        second = two if first is one else one
        post.raise_alerts(*(post.pod(pod) for pod in pods(0, 5)))
        post.wait_stopped(*pods(0, 5))
        assert not leads(second)
        until(lambda: {row["state"] for row in post.rows(schema.actions)} == {"confirmed"}, "all confirmed")
        first.end(signal.SIGKILL)
        wait_leads(second, seconds=15)
        post.raise_alerts(*(post.pod(pod) for pod in pods(3, 10)))
        post.wait_stopped(*pods(0, 10))
    once(post, list(pods(0, 10)))


def test_one_that_stops_in_order_gives_the_lease_back(post: Post) -> None:
    """After SIGTERM the other acts at once, although the lease would have lasted for longer."""
    lasting = {"TIPSTAFF_ENFORCE_LEASE_S": "15"}
    with enforcing(post, "one.log", **lasting) as one:
        wait_leads(one)
        with enforcing(post, "two.log", **lasting) as two:
            until(lambda: two.asked("/healthz")[0] == 200, "another process")
            assert one.end(seconds=15) == 0
            wait_leads(two, seconds=6)


def stops_where(process: Working, found: Callable[[], bool]) -> None:
    """Stop a process at a moment at which something holds; it runs on until then."""

    def stopped() -> bool:
        process.process.send_signal(signal.SIGSTOP)
        # The signal is only on its way: until all threads have stopped, one may still go on.
        os.waitid(os.P_PID, process.process.pid, os.WSTOPPED)
        if not found():
            process.process.send_signal(signal.SIGCONT)
            return False
        return True

    until(stopped, "a moment to stop it at")


def unlocked(post: Post) -> bool:
    """Whether nobody holds the lock of a ledger in a file: while one does nobody could take over, or do harm."""
    with closing(sqlite3.connect(post.folder / "ledger.db", timeout=0.2, isolation_level=None)) as other:
        try:
            other.execute("begin immediate")
        except sqlite3.OperationalError:
            return False
        other.execute("rollback")
        return True


def frozen_past_its_lease(post: Post, moment: Callable[[], bool]) -> None:
    """A leader stopped at a moment for longer than its lease, and continued, does nothing any more."""
    with enforcing(post, "one.log") as one, enforcing(post, "two.log") as two:
        first = wait_leads(one, two)
        second = two if first is one else one
        post.raise_alerts(*(post.pod(pod) for pod in pods(0, 8)))
        stops_where(first, moment)
        post.raise_alerts(*(post.pod(pod) for pod in pods(8, 12)))
        wait_leads(second, seconds=40)
        first.process.send_signal(signal.SIGCONT)
        post.raise_alerts(*(post.pod(pod) for pod in pods(12, 16)))
        post.wait_stopped(*pods(0, 16), seconds=100)
        until(lambda: first.metric("enforce_leader") + second.metric("enforce_leader") == 1, "one leader", 30)
        until(lambda: {row["state"] for row in post.rows(schema.actions)} == {"confirmed"}, "all confirmed", 100)
    once(post, list(pods(0, 16)))


@pytest.mark.slow_kafka
def test_one_that_was_frozen_past_its_lease(post: Post) -> None:
    """Whoever is frozen outside of a transaction does no harm afterwards, and every effect is there once."""
    frozen_past_its_lease(post, lambda: unlocked(post))


WRITING = sa.text("select count(*) from pg_stat_activity"
                  " where datname = current_database() and backend_xid is not null")  # fmt: skip
"""How many have begun to write and not ended: within a statement or between two."""


@pytest.mark.postgres
def test_one_that_was_frozen_within_a_transaction(kafka: str, topic: Topic, tmp_path: Path) -> None:
    """On PostgreSQL a leader that is frozen while it writes, its rows locked, holds the other up for no longer than its
    lease; what it wrote is not there, and every effect is there once.
    """
    (url,) = url_of("postgres", tmp_path)
    with posted(kafka, topic, tmp_path, url=url) as post, engine_of(url).connect() as seen:

        def writing() -> bool:
            found = seen.execute(WRITING).scalar_one()
            seen.rollback()
            return bool(found)

        frozen_past_its_lease(post, writing)


def test_a_broker_that_is_away_is_waited_for(own_broker: OwnBroker, tmp_path: Path) -> None:
    """While Kafka is away the process says so, and keeps the lease; when it is back what was not read is read."""
    with topics_on(own_broker.bootstrap) as topic, posted(own_broker.bootstrap, topic, tmp_path) as post:
        post.raise_alerts(post.pod("pod-1"))
        with enforcing(post, "one.log") as process:
            post.wait_stopped("pod-1")
            own_broker.kill()
            until(lambda: "intake" in process.asked("/readyz")[1], "a word about Kafka", 60)
            assert leads(process)
            own_broker.start()
            post.raise_alerts(post.pod("pod-2"))
            post.wait_stopped("pod-2")
            until(lambda: process.asked("/readyz")[0] == 200, "a process that is well", 60)
        once(post, ["pod-1", "pod-2"])


@pytest.mark.slow_kafka
def test_a_locked_ledger_is_waited_for(post: Post) -> None:
    """Whoever locks the ledger for longer than the lease holds enforcement up, and does not end it."""
    with enforcing(post, "one.log") as process:
        wait_leads(process)
        with closing(sqlite3.connect(post.folder / "ledger.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            post.raise_alerts(post.pod("pod-1"))
            until(lambda: not leads(process), "a process that holds the lease no more", 3 * LEASE_S + 40)
            assert post.stopped() == []
            other.execute("rollback")
        post.wait_stopped("pod-1")
        assert leads(process)
    once(post, ["pod-1"])
