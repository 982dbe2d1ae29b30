"""Who copies a victim's template, client or address gets nobody restricted, however often clusters name the victim."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
import sqlalchemy as sa
from cluster_alerts import cluster_alert
from playing import BEGIN_MS, ON, made_alert
from thorough import THOROUGH

from detectors.alert import SEVERITIES, Alert
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.in_force import in_force_of
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.opening import in_file, open_ledger
from streams.enforcement.ledger.rows import facts_row
from streams.enforcement.ledger.stages import note_stage
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.matter import highest
from streams.enforcement.policy.policy import Budget
from streams.enforcement.policy.rungs import ACCOUNT
from streams.enforcement.policy.standing import Stage
from streams.pack import read_pack

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
SEEDS, AT_ONCE = 1_000 if THOROUGH else 60, 20
TIES = ("payment_fingerprint", "device_fingerprint", "image_digest", "template_fingerprint", "ja4_network",
        "address_block", "signup_burst")  # fmt: skip
OWN = (("network", "telemetry"), ("output", "process"), ("content", "report"))
ROUTES = {"tipstaff.page.opened": ["pager"], "tipstaff.notice": ["mail"], "tipstaff.hold.requested": ["actuator"]}
"""No sink takes actions, so that each is in force once it may leave."""


@dataclass
class World:
    """The shipped policy with every rule live and no budget, the harshest it can be. acts: rules with clauses whose
    ladder does something about an account on two signals of its own.
    """

    enforcer: Enforcer
    acts: Sequence[tuple[str, str]]
    now_ms: int = BEGIN_MS

    def take(self, alerts: Sequence[Alert]) -> None:
        """These alerts come in one transaction, and what may be done is done."""
        told = {"topic": "usage.events", "partition": 0, "stream_time_ms": self.now_ms, "lag_records": 0,
                "active_accounts": {"pro": 10_000}, "pack": self.enforcer.in_force.pack}  # fmt: skip
        now = [replace(one, time=self.now_ms - MINUTE_MS, tick=self.now_ms // 10_000) for one in alerts]
        self.enforcer.take(now, self.now_ms, told=[told])
        self.enforcer.keep(self.now_ms)

    def know(self, accounts: Sequence[str]) -> None:
        """Everything is known of them, and nothing protects them."""
        with self.enforcer.ledger.writing(self.now_ms) as tx:
            tx.insert(schema.facts, [facts_row(Facts(
                name, self.now_ms, "pro", f"owner@{name}.example", self.now_ms - HOUR_MS, 1.0, False, 0), self.now_ms)
                for name in accounts])  # fmt: skip

    def against(self, accounts: Sequence[str]) -> list[str]:
        """What stands, waits or leaves against some accounts: rows of whatever restricts, counts, holds or is told."""
        tables = (schema.actions, schema.strikes, schema.holds, schema.warned, schema.desired_versions, schema.pulses)
        with self.enforcer.ledger.reading() as tx:
            found = [f"{table.name} {row['account_id']}" for table in tables
                     for row in tx.among(table, table.c.account_id, accounts)]  # fmt: skip
            sent = tx.among(schema.outbox, schema.outbox.c.subject, accounts)
            return found + [f"{row['type']} to {row['subject']}" for row in sent]

    def acted_on(self, accounts: Sequence[str]) -> set[str]:
        """Upon whom of them something was done that no person has to approve."""
        with self.enforcer.ledger.reading() as tx:
            rows = tx.among(schema.actions, schema.actions.c.account_id, accounts, schema.actions.c.state != "proposed")
            return {row["account_id"] for row in rows}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    pack = read_pack()
    ladders = {clause: law.ladders.get(ACCOUNT, ()) for clause, law in pack.policy.clauses.items()
               if pack.clauses[clause].path == "ordinary"}  # fmt: skip
    acts = [(rule.id, rule.clause) for rule in pack.rules
            if rule.entity == ACCOUNT and highest(ladders.get(rule.clause, ()), "high", 0, 2)]  # fmt: skip
    harsh = replace(pack.policy, stages={rule.id: "live" for rule in pack.rules},
                    budgets=dict.fromkeys(pack.policy.budgets, Budget()))  # fmt: skip
    ledger = open_ledger(in_file(tmp_path_factory.mktemp("framing") / "ledger.db"))
    sa.event.listen(ledger.engine, "connect", lambda db, _: db.execute("PRAGMA synchronous=OFF"))  # no power fails here
    ledger.engine.dispose()
    with ledger.writing(BEGIN_MS) as tx:
        trail = Trail(tx)
        for rule in pack.rules:
            note_stage(tx, trail, rule.id, "v1", Stage("live", 1.0), "setup", "as it may be", None, None)
        trail.flush()
        tx.put(schema.switch, {"scope": "all", "on": True, "at_ms": BEGIN_MS, "by": "setup", "why": ""})
    yield World(Enforcer(ledger, replace(in_force_of(pack), policy=harsh), ROUTES, lambda _: ON), acts)
    ledger.close()


@dataclass
class History:
    """What befalls the accounts of one seed: one victim among the honest, and one to four who copy what it shows."""

    world: World
    seed: int
    revisions: dict[str, int] = field(default_factory=dict)
    guilty: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.honest = [f"{self.seed}-honest-{n}" for n in range(6)]
        self.attackers = [f"{self.seed}-attacker-{n}" for n in range(self.rng.randint(1, 4))]
        self.world.know([*self.honest, *self.attackers])

    def said(self) -> list[Alert]:
        """Clusters of the victim and the attackers come up, and some attackers are seen at what they do themselves."""
        found = [self._framing() for _ in range(self.rng.randint(0, 4))]
        found += map(self._own, self.rng.sample(self.attackers, self.rng.randint(0, len(self.attackers))))
        return self.rng.sample(found, len(found))

    def _framing(self) -> Alert:
        """A cluster in which they are seen, newly or again, under any clause, on any path."""
        clauses = self.world.enforcer.in_force.clauses
        clause = self.rng.choice(sorted(clauses))
        one = cluster_alert(
            [self.honest[0], *self.rng.sample(self.honest[1:], 2), *self.attackers],
            f"{self.rng.choice(TIES)}:{self.seed}{self.rng.randrange(3)}", rule=f"{clause}-farm", clause=clause,
            severity=self.rng.choice(SEVERITIES), restricted=clauses[clause].restricted,
            knowledge=self.rng.choice((None, "hash_match")), victim=self.rng.choice((None, "holder")),
        )  # fmt: skip
        self.revisions[one.id] = self.revisions.get(one.id, 0) + 1
        said = self.rng.choice((("link",), ("link", *OWN[0])))  # also what no rule on clusters may say
        return replace(one, revision=self.revisions[one.id], signals=said)

    def _own(self, account: str) -> Alert:
        self.guilty.add(account)
        return own_alert(self.world, account, self.rng)


def own_alert(world: World, account: str, rng: random.Random) -> Alert:
    """The account itself has done something for an hour, by two kinds of evidence of its own."""
    rule, clause = rng.choice(world.acts)
    return made_alert(rule, clause, account=account, severity="high", signals=rng.choice(OWN), at_ms=world.now_ms,
                      episode_ms=world.now_ms - HOUR_MS)  # fmt: skip


def test_whoever_is_framed_has_nothing_done_to_them(world: World) -> None:
    """Random histories, some at once: clusters name the victim under every clause, by all ties, again and again, beside
    what the attackers did themselves. Nothing is ever done, proposed, counted, held or told against the victim; who did
    something is acted upon all the same.
    """
    seen = 0
    for first in range(0, SEEDS, AT_ONCE):
        histories = [History(world, seed) for seed in range(first, first + AT_ONCE)]
        for pause_ms in (MINUTE_MS, 11 * MINUTE_MS, 3 * HOUR_MS, MINUTE_MS):
            world.now_ms += pause_ms
            world.take([alert for one in histories for alert in one.said()])
        for one in histories:
            assert world.against(["", *one.honest]) == [], f"seed {one.seed}"
            assert world.acted_on(one.attackers) == one.guilty, f"seed {one.seed}"
            seen += len(one.guilty)
    assert seen > SEEDS  # the guards let through what they may


def test_of_500_honest_tenants_behind_one_address_none_is_acted_on(world: World) -> None:
    """Nor proposed to be: a cluster names all of them with the 50 abusers, each of whom is acted on for their own."""
    rng = random.Random(1)
    honest, guilty = [f"tenant-{n}" for n in range(500)], [f"abuser-{n}" for n in range(50)]
    world.know([*honest, *guilty])
    everybody = rng.sample([*honest, *guilty], 550)
    first = cluster_alert([], "address_block:7", clause=world.acts[0][1], size=550, severity="critical")
    named = [replace(first, revision=nth + 1, accounts=tuple(everybody[nth * 50 : nth * 50 + 50])) for nth in range(11)]
    world.take([*named, *(own_alert(world, account, rng) for account in guilty)])
    assert world.against(honest) == []
    assert world.acted_on(guilty) == set(guilty)
    with world.enforcer.ledger.reading() as tx:
        linked = {row["ref"] for row in tx.among(schema.case_links, schema.case_links.c.ref, honest)}
    assert linked == set(honest)  # all of them were named
