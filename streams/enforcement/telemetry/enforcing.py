"""All metrics of one process that enforces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from streams.enforcement.obeying.errand import Answer, Ending
from streams.enforcement.obeying.reports import MODEL_OWNERS
from streams.enforcement.policy.people_first import DEFAULT_ROLE
from streams.enforcement.service.records import Reason, Refused
from streams.enforcement.service.standing import PARTS
from streams.enforcement.telemetry.deciding import Deciding
from streams.enforcement.telemetry.leaving import Leaving
from streams.enforcement.telemetry.making import Making, begin
from streams.enforcement.telemetry.standing import Standing
from streams.pack import Pack


@dataclass(frozen=True)
class Names:
    """The names that labels may have. rules: id and clause, models among them; roles: those that cases are for."""

    sinks: tuple[str, ...] = ()
    purses: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    roles: tuple[str, ...] = ()


def names_of(pack: Pack, sinks: Iterable[str], topics: Iterable[str]) -> Names:
    """What a pack, sinks and topics give."""
    return Names(tuple(sinks), tuple(pack.policy.budgets), tuple(topics), rules_of(pack), roles_of(pack))


def rules_of(pack: Pack) -> tuple[tuple[str, str], ...]:
    """The id and clause of each detector of a pack."""
    return (*((one.id, one.clause) for one in pack.rules), *((one.id, one.clause) for one in pack.models))


def roles_of(pack: Pack) -> tuple[str, ...]:
    """The roles that cases are opened for."""
    named = {clause.role for clause in pack.clauses.values() if clause.role}
    return tuple(sorted({DEFAULT_ROLE, MODEL_OWNERS, *named}))


class EnforceTelemetry:
    """The metrics of one process. No account, key or address is ever a label."""

    def __init__(self, names: Names, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        make = Making(registry)
        self.deciding, self.leaving = Deciding(make, names.rules), Leaving(make, names.sinks)
        self.standing = Standing(make, names.sinks, names.purses, names.roles)
        self.leader = make.gauge("leader", "1 while this process is the one that acts.")
        self.unread = make.gauge("unread_records", "Records that enforcement has not yet taken in, by topic.", "topic")
        self.commands = make.counter("commands", "Commands, by how they ended.", "ending")
        self.facts = make.counter("facts", "Accounts whose facts were changed.")
        self.refused = make.counter("refused_records", "Records that could not be used, by reason.", "reason")
        self.lost = make.counter("lost_records", "Records that were never read: removed by retention, or of a broken "
                                 "batch.")  # fmt: skip
        self.troubles = make.counter("troubles", "Times that a part could not go on and tried again.", "part")
        begin(self.unread, names.topics)
        begin(self.commands, map(str, Ending))
        begin(self.refused, map(str, Reason))
        begin(self.troubles, PARTS)

    def answered(self, answers: Iterable[Answer]) -> None:
        """Count commands, once their answers are durable."""
        for one in answers:
            self.commands.labels(str(one.ending)).inc()

    def refuse(self, refused: Iterable[Refused]) -> None:
        """Count refused records, once they are passed."""
        for one in refused:
            self.refused.labels(str(one.reason)).inc()
