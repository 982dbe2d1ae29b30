"""What a trace holds, and so which rules it can say anything of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from detectors.rules import Rule
from features.cluster_catalog import CLUSTER
from features.event import ENTITY_COLUMNS
from features.tie_values import READ as TIES
from streams.history.reading import Reading
from streams.history.seen import Seen
from streams.pack import Pack
from streams.session import Input
from streams.settings import Settings

_NAMED = ("direction", "product")
_MAY_LACK = (exp.Or, exp.Coalesce, exp.Is)


@dataclass(frozen=True)
class Contents:
    """Event types, columns that are ever set, the directions and products named, accounts, first and last time (ms)."""

    events: int
    accounts: Sequence[str]
    first: int
    last: int
    types: frozenset[str]
    columns: frozenset[str]
    named: frozenset[tuple[str, str]]

    def lets(self, rule: Rule, pack: Pack) -> bool:
        """Whether there is what a rule reads: its entity, and every condition's event types and columns."""
        return not any(True for _ in self.lacks(rule, pack))

    def lacks(self, rule: Rule, pack: Pack) -> Iterator[str]:
        """What a rule reads and these events do not have, in words."""
        types, columns, named = set(rule.event), {ENTITY_COLUMNS.get(rule.entity, "account_id")}, set[tuple[str, str]]()
        if rule.on == "event":
            columns |= {name for c in rule.conditions for name in _required(c.text)}
        if rule.entity == CLUSTER and not self.columns.intersection(TIES):
            yield "nothing that accounts could share is ever set"
        for feature in rule.features if rule.entity != CLUSTER else ():
            for name in filter(None, (feature.name, feature.of, feature.over)):
                source = pack.catalog.by_name[feature.entity, name]
                types |= set(source.event)
                named |= _kinds_of_event(source.where)
                columns |= _required(source.where) | ({source.column} if source.column else set())
        yield from (f"there are no {one} events" for one in sorted(types - self.types))
        yield from (f"{one} is never set" for one in sorted(columns - self.columns))
        yield from (f"{name} is never '{value}'" for name, value in sorted(named - self.named))


def read(chosen: Input, pack: Pack, tell: Callable[[Reading], None] = lambda _pages: None, *,
         settings: Settings | None = None) -> Contents:  # fmt: skip
    """Look through a trace once; `tell` hears of every block. Raises Unreadable, TooManyBad, InputRefused."""
    pages = Reading(chosen, (*pack.columns, *_NAMED), settings or Settings())
    accounts, types, columns, named = Seen(), set[str](), set[str](), set[tuple[str, str]]()
    for frame in pages.frames():
        accounts.add(frame.select("account_id").drop_nulls())
        frame, _ = pack.labels.told(frame)
        types |= set(frame["type"].unique())
        columns |= {name for name in frame.columns if frame[name].null_count() < frame.height}
        named |= {(name, value) for name in _NAMED for value in frame[name].drop_nulls().unique()}
        tell(pages)
    found = accounts.rows
    names = [] if found is None else found["account_id"].sort().to_list()
    summary = pages.summary
    return Contents(summary.events, names, summary.first or 0, summary.last, frozenset(types), frozenset(columns),
                    frozenset(named))  # fmt: skip


def _conjuncts(where: str | None) -> list[exp.Expr]:
    tree = sqlglot.parse_one(where) if where else None
    return list(tree.flatten()) if isinstance(tree, exp.And) else [] if tree is None else [tree]


def _required(where: str | None) -> set[str]:
    """The columns without which a condition is never true: those of its conjuncts that allow for no missing value."""
    parts = [part for part in _conjuncts(where) if not list(part.find_all(*_MAY_LACK))]
    return {column.name for part in parts for column in part.find_all(exp.Column)}


def _kinds_of_event(where: str | None) -> set[tuple[str, str]]:
    """The directions and products that a condition asks for by name."""
    return {(p.this.name, p.expression.this) for p in _conjuncts(where)
            if isinstance(p, exp.EQ) and p.this.name in _NAMED}  # fmt: skip
