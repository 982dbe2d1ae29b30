"""Rules as declared in the pack: YAML with SQL conditions, checked against the catalogue."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from detectors.alert import SEVERITIES
from detectors.condition import Condition, on_events, on_values
from features.catalog import Catalog, Feature, Problem, Refused, Value, event_dtypes
from features.cluster_catalog import CLUSTER
from features.declared import listed, missing_keys, unknown_keys
from features.event import ENTITY_COLUMNS, SPARSE_KINDS, carried_by
from features.listing import Listing
from features.sql import SqlProblem, nearest
from features.ticks import TICK_MS

KEYS = ("id", "title", "clause", "severity", "entity", "on", "event", "when", "for", "quiet", "description",
        "runbook", "references", "false_positives", "tests", "for_each", "victim", "knowledge")  # fmt: skip
_NEEDED = ("id", "title", "clause", "severity", "entity", "on", "when", "runbook", "false_positives", "tests")
_WORDS = ("title", "description", "runbook", "references", "false_positives", "tests", "for_each")
DEFAULT_QUIET_MS = 3_600_000

EVENT_SIGNALS = {
    "inference": "output", "compute": "telemetry", "network": "network", "process": "process", "message": "output",
    "fetch": "output", "auth": "identity", "signup": "identity", "key": "identity", "billing": "identity",
    "moderation": "content", "report": "report",
}  # fmt: skip
"""The kind of evidence that a rule on single events gives."""

KNOWLEDGE = ("hash_match", "classifier", "report")
"""How one came to know: rules under a clause of the child-safety path say which."""

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

Group = tuple[Condition, ...]


@dataclass(frozen=True)
class Rule:
    """A detector that reads features (`on: tick`) or single events (`on: event`) and testifies.

    when: all groups must hold, a group being one condition or alternatives; for_ms, quiet_ms: ms; template: the id
    it was declared under, another than its own where it was made for each clause; victim: `holder` where the account
    holder is the one wronged; knowledge: one of KNOWLEDGE; restricted: its alerts show in no ordinary list;
    version: a hash of what decides whether it fires and under what (not of its words and tests).
    """

    id: str
    title: str
    clause: str
    severity: str
    entity: str
    on: str
    when: tuple[Group, ...]
    event: tuple[str, ...] = ()
    for_ms: int = 0
    quiet_ms: int = DEFAULT_QUIET_MS
    shortest_ms: int = 0
    signals: tuple[str, ...] = ()
    features: tuple[Feature, ...] = ()
    description: str = ""
    runbook: str = ""
    references: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    tests: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    template: str = ""
    victim: str | None = None
    knowledge: str | None = None
    restricted: bool = False
    version: str = ""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition, alternatives among them."""
        return tuple(condition for group in self.when for condition in group)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that a condition reads."""
        return tuple(sorted({name for condition in self.conditions for name in condition.names}))


def duration_ms(text: Any) -> int | None:
    """A duration such as 30s, 20m, 1h or 7d in ms, or None."""
    found = _DURATION.fullmatch(str(text))
    return int(found[1]) * _UNITS[found[2]] if found else None


def build_rules(
    declared: Iterable[Mapping[str, Any]], catalog: Catalog, clauses: Iterable[str],
    lists: Mapping[str, Listing] | None = None, restricted: Iterable[str] = (),
) -> tuple[Rule, ...]:  # fmt: skip
    """Check rules against the catalogue. Raises Refused; each problem's path begins with the rule's number.

    restricted: the clauses whose alerts show in no ordinary list.
    """
    known = _Known(catalog, list(clauses), lists or {}, frozenset(restricted))
    problems: list[Problem] = []
    rules: list[Rule] = []
    for index, one in enumerate(declared):
        when: dict[int, list[Condition]] = {}
        no_rule = [Problem((), "a rule is a mapping")]
        found = _check(one, known, when) if isinstance(one, Mapping) else no_rule
        problems += [replace(p, path=(index, *p.path)) for p in found]
        if not found:
            rules.append(_rule(one, known, when))
    problems += _doubles([str(one.get("id")) for one in declared if isinstance(one, Mapping)])
    if problems:
        raise Refused(problems)
    return tuple(rules)


@dataclass(frozen=True)
class _Known:
    """What rules may name."""

    catalog: Catalog
    clauses: list[str]
    lists: Mapping[str, Listing]
    restricted: frozenset[str]


def _doubles(ids: list[str]) -> list[Problem]:
    return [Problem((index, "id"), f"two rules are called {name}", "rename one")
            for index, name in enumerate(ids) if name in ids[:index]]  # fmt: skip


def _check(one: Mapping[str, Any], known: _Known, when: dict[int, list[Condition]]) -> list[Problem]:
    """What is wrong with a rule; its conditions are compiled into `when`, by entry."""
    wrong = unknown_keys(one, KEYS) + missing_keys(key for key in _NEEDED if one.get(key) in (None, "", []))
    if wrong:
        return wrong
    found = _check_words(one, known.clauses) + _check_times(one) + _check_event(one) + _check_tests(one)
    return found or _check_knowledge(one, known) + _check_when(one, known, when)


def _check_knowledge(one: Mapping[str, Any], known: _Known) -> list[Problem]:
    wanted, hint = one["clause"] in known.restricted, f"one of {', '.join(KNOWLEDGE)}"
    if wanted and "knowledge" not in one:
        return [Problem((), "knowledge is missing", f"say how one knows: {hint}")]
    if not wanted and "knowledge" in one:
        return [Problem(("knowledge",), "only rules of the child-safety path tell their knowledge", "remove it")]
    if wanted and one["entity"] == CLUSTER:
        return [Problem(("entity",), "what accounts share says nothing under the child-safety path",
                        "make it about an account, a key or an end user")]  # fmt: skip
    wrong = wanted and one["knowledge"] not in KNOWLEDGE
    return [Problem(("knowledge",), f"unknown knowledge {one['knowledge']}", hint)] if wrong else []


def _check_words(one: Mapping[str, Any], clauses: list[str]) -> list[Problem]:
    options = {"clause": clauses, "severity": list(SEVERITIES), "entity": [*ENTITY_COLUMNS, CLUSTER],
               "on": ["tick", "event"], "victim": ["holder"]}  # fmt: skip
    return [
        Problem((key,), f"unknown {key} {one[key]}", nearest(str(one[key]), known) or f"one of {', '.join(known)}")
        for key, known in options.items() if key in one and one[key] not in known
    ] + ([] if isinstance(one["id"], str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one["id"]) else
         [Problem(("id",), f"{one['id']} is not a kebab-case name", "use a-z, 0-9 and -")])  # fmt: skip


def _check_times(one: Mapping[str, Any]) -> list[Problem]:
    return [Problem((key,), f"{one[key]} is not a duration", "for example 90s, 20m, 1h, 7d")
            for key in ("for", "quiet") if key in one and duration_ms(one[key]) is None]  # fmt: skip


def _check_event(one: Mapping[str, Any]) -> list[Problem]:
    types = listed(one.get("event"))
    if one["on"] == "tick":
        return [Problem((key,), f"on: tick takes no {key}", "remove it") for key in ("event",) if key in one]
    if not types:
        return [Problem((), "event is missing", "say which event types it looks at")]
    known = list(EVENT_SIGNALS)
    unknown = [Problem(("event",), f"unknown event type {t}", nearest(str(t), known)) for t in types if t not in known]
    if one["entity"] in (*SPARSE_KINDS, CLUSTER):
        return [Problem(("entity",), f"on: event cannot be about an {one['entity']}", "make it about the account")]
    return unknown + [Problem(("for",), "on: event takes no for", "remove it") for key in ("for",) if key in one]


def _check_tests(one: Mapping[str, Any]) -> list[Problem]:
    if not isinstance(one["tests"], list) or not all(isinstance(t, Mapping) for t in one["tests"]):
        return [Problem(("tests",), "tests is a list of mappings", "name:, fires:, events:")]
    wanted = {True: "fires", False: "must not fire (a hard negative)"}
    return [Problem(("tests",), f"no test that {text}", "add one") for fires, text in wanted.items()
            if not any(test.get("fires") is fires for test in one["tests"])]  # fmt: skip


def _check_when(one: Mapping[str, Any], known: _Known, when: dict[int, list[Condition]]) -> list[Problem]:
    empty = [i for i, entry in enumerate(listed(one["when"])) if _is_any(entry) and not listed(entry["any"])]
    problems = [Problem(("when", i, "any"), "no condition under any", "give alternatives, or leave it out")
                for i in empty]  # fmt: skip
    for path, text in _entries(one["when"]):
        if not isinstance(text, str):
            problems.append(Problem(("when", *path), "a condition is a text", "for example requests_1h > 100"))
            continue
        try:
            condition = _condition(text, one, known)
        except SqlProblem as p:
            problems.append(Problem(("when", *path), p.message, p.hint, p.at, p.length))
            continue
        when.setdefault(int(path[0]), []).append(condition)
        problems += [Problem(("when", *path), p.message) for p in _strangers(condition, one)]
    return problems


def _strangers(condition: Condition, one: Mapping[str, Any]) -> list[Problem]:
    return [Problem((), f"{t} events carry no {name}") for t in listed(one.get("event"))
            for name in condition.names if not carried_by(name, t)]  # fmt: skip


def _entries(when: Any) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every condition of a `when` with its path."""
    found: list[tuple[tuple[str | int, ...], Any]] = []
    for index, entry in enumerate(listed(when)):
        if _is_any(entry):
            found += [((index, "any", number), text) for number, text in enumerate(listed(entry["any"]))]
        else:
            found.append(((index,), entry))
    return found


def _is_any(entry: Any) -> bool:
    return isinstance(entry, Mapping) and list(entry) == ["any"]


def _condition(text: str, one: Mapping[str, Any], known: _Known) -> Condition:
    if one["on"] == "event":
        return on_events(text, event_dtypes(), known.lists)
    return on_values(text, known.catalog.values[one["entity"]])


def _rule(one: Mapping[str, Any], known: _Known, groups: Mapping[int, list[Condition]]) -> Rule:
    event = tuple(sorted(listed(one.get("event"))))
    values = _values(groups, one, known.catalog) if one["on"] == "tick" else ()
    features = tuple(dict.fromkeys(value.feature for value in values))
    signals = [f.signal for f in features] or [EVENT_SIGNALS[t] for t in event]
    return Rule(
        id=one["id"], title=one["title"], clause=one["clause"], severity=one["severity"], entity=one["entity"],
        on=one["on"], when=tuple(tuple(group) for group in groups.values()), event=event,
        for_ms=duration_ms(one.get("for", "0s")) or 0, quiet_ms=duration_ms(one.get("quiet", "1h")) or TICK_MS,
        shortest_ms=min((value.window.length_ms for value in values if value.window), default=0),
        signals=tuple(sorted(set(signals))), features=features, description=str(one.get("description", "")).strip(),
        runbook=str(one["runbook"]).strip(), references=_texts(one, "references"),
        false_positives=_texts(one, "false_positives"), tests=tuple(one["tests"]),
        template=one["id"].removesuffix(f"-{one['clause']}") if "for_each" in one else one["id"],
        victim=one.get("victim"), knowledge=one.get("knowledge"), restricted=one["clause"] in known.restricted,
        version=_version(one, features),
    )  # fmt: skip


def _version(one: Mapping[str, Any], features: Iterable[Feature]) -> str:
    decides = {key: one[key] for key in sorted(one) if key not in _WORDS}
    read = sorted(feature.identity for feature in features)
    return hashlib.sha256(json.dumps([decides, read], sort_keys=True, default=str).encode()).hexdigest()[:12]


def _values(groups: Mapping[int, list[Condition]], one: Mapping[str, Any], catalog: Catalog) -> tuple[Value, ...]:
    """The values that the conditions name."""
    values = catalog.values[one["entity"]]
    names = {name: None for group in groups.values() for condition in group for name in condition.names}
    return tuple(values[name] for name in names)


def _texts(one: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(text).strip() for text in listed(one.get(key)))
