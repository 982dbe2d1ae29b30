"""The pack in force is the one that every partition runs, once it is known to be the one that was published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import structlog
from playing import BEGIN_MS, Play

from streams.enforcement.in_force import InForce
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.packs_in_force import Ordered
from streams.enforcement.service.following import Following
from streams.enforcement.service.ordered_packs import NotOrdered
from streams.pack import read_pack
from streams.pack.stored import as_stored

LOG = structlog.get_logger()


@pytest.fixture(scope="module")
def other(pack: Path) -> Ordered:
    """A published pack."""
    return Ordered(read_pack(pack), as_stored(pack), "d", 7)


def tell(play: Play, packs: Mapping[int, str | None]) -> None:
    """Partitions tell by which pack they go."""
    with play.ledger.writing(BEGIN_MS) as tx:
        for partition, name in packs.items():
            tx.put(schema.progress, {"topic": "usage.events", "partition": partition, "at_ms": BEGIN_MS, "pack": name})


def test_it_follows_when_all_run_it(play: Play, other: Ordered) -> None:
    """While a partition still runs another pack ours stays; then policy, clauses and rule versions change at once, the
    pack before stays known, and another process goes on with it although nobody can be asked any more.
    """
    before, name = play.enforcer.in_force, other.pack.hash
    following = Following(play.enforcer, lambda _: other, LOG)
    tell(play, {0: name, 1: before.pack, 2: None})
    following.turn(BEGIN_MS)
    assert play.enforcer.in_force is before
    tell(play, {1: name})
    following.turn(BEGIN_MS)
    now = play.enforcer.in_force
    assert (now.pack, now.policy, now.clauses) == (name, other.pack.policy, other.pack.clauses)
    assert now.knows(before.pack)
    assert [row["body"]["before"] for row in play.rows(schema.audit) if row["kind"] == "pack"] == [before.pack]
    play.enforcer.in_force = before
    Following(play.enforcer, lambda _: None, LOG).begin()
    assert play.enforcer.in_force.pack == name


@pytest.mark.parametrize("case", ["pinned", "no key", "never published", "not to be believed", "older"])
def test_ours_stays(play: Play, other: Ordered, case: str) -> None:
    """A pinned pack stays, and so does ours where the workers' was not published, not soundly, or before the newest,
    or where there is no key to tell by.
    """
    before, name = play.enforcer.in_force, other.pack.hash

    def find(_: str) -> Ordered | None:
        if case == "not to be believed":
            raise NotOrdered("another key")
        return other if case in ("older", "pinned") else None

    if case == "older":
        with play.ledger.writing(BEGIN_MS) as tx:
            tx.put(schema.packs, {"pack": "newer", "first_seen_ms": 1, "in_force_ms": 2, "serial": 8, "stored": b""})
    tell(play, {0: name})
    following = Following(play.enforcer, None if case == "no key" else find, LOG, pinned=case == "pinned")
    if case in ("not to be believed", "older"):
        with pytest.raises(NotOrdered):
            following.turn(BEGIN_MS)
    else:
        following.turn(BEGIN_MS)
    assert play.enforcer.in_force == before


def test_what_could_not_be_written_is_not_in_force(play: Play, other: Ordered) -> None:
    """Where the ledger does not take it the pack before stays in force, and packs learnt meanwhile stay known."""
    before = play.enforcer.in_force
    tell(play, {0: other.pack.hash})

    def find(_: str) -> Ordered:
        play.ledger.fence = 77  # another has taken over meanwhile
        play.enforcer.change(lambda now: InForce(now.policy, now.clauses, now.rules, now.pack, frozenset({"learnt"})))
        return other

    with pytest.raises(Exception, match="taken over"):
        Following(play.enforcer, find, LOG).turn(BEGIN_MS)
    assert (play.enforcer.in_force.pack, play.enforcer.in_force.knows("learnt")) == (before.pack, True)
