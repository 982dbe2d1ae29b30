"""Whatever goes wrong at the receiver, its effects are exactly the expected ones."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from audited import audit_of
from playing import ACTIONS, NOTICES, PAGES, Play, made_alert, played
from small_policy import SMALL

from detectors.alert import Alert
from streams.enforcement.ledger import schema
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import REQUESTED
from streams.enforcement.receiver.faults import Fault, Faults, Planned
from streams.enforcement.sinks.addresses import networks
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.secrets import Secret
from streams.enforcement.sinks.webhook import Webhook

pytestmark = pytest.mark.survival

PATIENCE_S = 20

TROUBLE = {
    "500": [Planned(Fault.ERROR)] * 3,
    "429 with Retry-After": [Planned(Fault.BUSY, 40), Planned(Fault.BUSY, 5)],
    "hung up unread": [Planned(Fault.DOWN)] * 3,
    "applied, and the answer dropped": [Planned(Fault.DROP)] * 3,
    "silent": [Planned(Fault.SILENT)],
    "applied, and silent": [Planned(Fault.LATE)],
    "one of each": [Planned(fault) for fault in Fault],
}


@pytest.fixture
def play(ledger_url: str, tmp_path: Path) -> Iterator[Play]:
    """As the room's own, with a sender that waits 0.3 s for an answer."""
    with played(ledger_url, tmp_path, SMALL, timeout_s=0.3) as one:
        one.switch_on()
        one.promote("miner")
        one.know("acme")
        yield one


def pod(account: str, **more: Any) -> Alert:
    """A pod of an account mines."""
    return made_alert("miner", "mining", account=account, workload=f"pod-{account}", **more)


def watched(play: Play, minutes: int, step_s: int = 60) -> None:
    """Time passes in steps short enough for every retry."""
    for _ in range(minutes * 60 // step_s):
        play.now_ms += step_s * 1_000
        play.settle()


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread does; fails where it does not."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        threading.Event().wait(0.01)


@pytest.mark.parametrize("name", TROUBLE)
def test_each_effect_once_whatever_goes_wrong(play: Play, name: str) -> None:
    """Through each trouble two pods are stopped once each, one of them is let go again, and the ledger knows it."""
    play.hire("ann", "enforcer")
    play.know("beta")
    play.faults.add(*TROUBLE[name])
    play.alert(pod("acme"), pod("beta"))
    watched(play, 5, step_s=10)
    play.command("ann", "account.reinstate", account_ids=["acme"])
    watched(play, 5, step_s=10)
    assert play.faults.shown == [one.fault for one in TROUBLE[name]]
    assert sorted(play.effects()) == [("stop_workload", "lifted"), *[("stop_workload", "requested")] * 2]
    assert play.in_force() == [("stop_workload", "pod-beta")]
    assert sorted(row["state"] for row in play.actions()) == ["confirmed", "reversed"]
    assert audit_of(play.ledger).ok


def test_an_outage_of_an_hour(play: Play) -> None:
    """During an hour without a receiver what has to be done by then expires and pages; what never reached it is not
    undone there, what comes afterwards arrives.
    """
    play.know("beta")
    play.receiver.faults = Faults(*[Planned(Fault.DOWN)] * 10_000)
    play.alert(pod("acme"))
    watched(play, 61)
    assert [row["state"] for row in play.actions()] == ["expired"]
    assert any("was not carried out" in one.data["summary"] for one in play.pages.got.values())
    assert play.effects() == []
    play.receiver.faults = Faults()
    play.alert(pod("beta", at_ms=play.now_ms))
    watched(play, 60)
    assert play.in_force() == [("stop_workload", "pod-beta")]
    assert ("stop_workload", "requested") in play.effects()


def test_what_may_have_arrived_is_lifted_when_it_expires(play: Play) -> None:
    """A receiver that applies and never answers: once the time is over the action is lifted, not left in force."""
    play.receiver.faults = Faults(*[Planned(Fault.DROP)] * 500)
    play.alert(pod("acme"))
    assert play.in_force() == [("stop_workload", "pod-acme")]
    watched(play, 61)
    play.receiver.faults = Faults()
    watched(play, 120)
    assert play.in_force() == []
    assert [row["state"] for row in play.actions()] == ["expired"]
    assert play.effects() == [("stop_workload", "requested"), ("stop_workload", "lifted")]


def test_a_receiver_that_refuses_pages(play: Play) -> None:
    """What the receiver refuses for good is failed, pages at once, and is not tried again."""
    stranger = Webhook(ACTIONS, play.receiver.url, [Secret("whsec_" + base64.b64encode(bytes(32)).decode())],
                       Connecting(networks(["127.0.0.0/8"])), 5)  # fmt: skip
    play.deliverers[0] = Deliverer(play.enforcer.outbox(), stranger, lambda: play.now_ms, lambda: 0.5, lambda *_: None)
    play.alert(pod("acme"))
    assert [row["state"] for row in play.actions()] == ["failed"]
    assert any("was not carried out" in one.data["summary"] for one in play.pages.got.values())
    watched(play, 5)
    stranger.close()
    mine = sa.and_(schema.outbox.c.sink == ACTIONS, schema.outbox.c.type == REQUESTED)
    assert [row["attempts"] for row in play.rows(schema.outbox, mine)] == [1]


@pytest.mark.parametrize("slow", [PAGES, NOTICES])
def test_a_slow_sink_holds_no_other_up(play: Play, slow: str) -> None:
    """While one sink does not come back from an attempt, the others deliver all of theirs."""
    release, entered = threading.Event(), threading.Event()

    def waits(_: Delivery) -> Attempt:
        entered.set()
        release.wait(PATIENCE_S)
        return Attempt(Ending.SENT, 200)

    sink = play.pages if slow == PAGES else play.notices
    sink.answers = waits
    accounts = [f"acct-{n}" for n in range(4)]
    for account in accounts:
        play.know(account)
    play.enforcer.take([pod(account) for account in accounts], play.now_ms)
    stop = threading.Event()
    threads = [threading.Thread(target=one.run, args=(stop,)) for one in play.deliverers]
    for thread in threads:
        thread.start()
    try:
        until(entered.is_set)
        until(lambda: len(play.in_force()) == len(accounts))
        other = play.notices if slow == PAGES else play.pages
        until(lambda: len(other.got) == len(accounts))
        assert len(sink.got) == 0
    finally:
        stop.set()
        release.set()
        for thread in threads:
            thread.join(PATIENCE_S)
    until(lambda: all(not thread.is_alive() for thread in threads))
