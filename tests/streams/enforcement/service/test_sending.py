"""A process that may not act any more sends nothing, whatever it had claimed."""

from __future__ import annotations

from playing import Kept, Play, made_alert

from streams.enforcement.ledger import schema
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Ending
from streams.enforcement.service.sending import WhileHeld


def test_who_lost_the_lease_sends_nothing(play: Play) -> None:
    """A delivery that was claimed before the lease was lost is not sent; whoever holds it sends it."""
    held, kept = False, Kept("actuator")
    sink = WhileHeld(kept, lambda: held)
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    one = Deliverer(play.enforcer.outbox(), sink, lambda: play.now_ms, lambda: 0.5, lambda *_: None)
    one.turn()
    assert kept.got == {}
    assert [row["state"] for row in play.rows(schema.outbox, schema.outbox.c.sink == "actuator")] == ["waiting"]
    held = True
    play.now_ms += 60_000
    one.turn()
    assert len(kept.got) == 1
    assert sink.send(next(iter(kept.got.values())), 0).ending is Ending.SENT
    sink.close()
