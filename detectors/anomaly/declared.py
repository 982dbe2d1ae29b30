"""Models as declared in the pack, checked against the catalogue."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from detectors.anomaly.model import Declared
from detectors.rules import duration_ms
from features.catalog import Catalog, Problem, Refused
from features.declared import listed, missing_keys, unknown_keys
from features.sql import nearest

KEYS = ("id", "title", "clause", "severity", "entity", "features", "p_value", "quiet", "runbook", "references",
        "false_positives")  # fmt: skip
_NEEDED = ("id", "title", "clause", "severity", "entity", "features", "p_value", "runbook", "false_positives")
_DECIDES = ("id", "clause", "severity", "entity", "features", "p_value", "quiet")

SEVERITIES = ("info", "low")
"""What is unusual is no breach: a model alone never goes above a page."""

ENTITIES = ("account", "key", "workload")
"""What models are of: end users are too many, and mostly known for a single deed."""

MOST_P_VALUE = 0.1


@dataclass(frozen=True)
class Known:
    """What models may name. restricted: clauses whose alerts show in no ordinary list; apart: by entity kind, values
    that only those of restricted rules read; rules: their ids, which no model may take.
    """

    catalog: Catalog
    clauses: Collection[str]
    restricted: Collection[str] = ()
    apart: Mapping[str, Collection[str]] = field(default_factory=dict)
    rules: Collection[str] = ()


def build_models(declared: Iterable[Any], known: Known) -> tuple[Declared, ...]:
    """Check models. Raises Refused; each problem's path begins with the model's number."""
    problems: list[Problem] = []
    found: list[Declared] = []
    for index, one in enumerate(declared):
        wrong = _problems(one, known, [model.id for model in found])
        problems += [replace(problem, path=(index, *problem.path)) for problem in wrong]
        if not wrong:
            found.append(_model(one, known.catalog))
    if problems:
        raise Refused(problems)
    return tuple(found)


def _problems(one: Any, known: Known, others: Collection[str]) -> list[Problem]:
    if not isinstance(one, Mapping):
        return [Problem((), "a model is a mapping of keys", f"its keys are {', '.join(KEYS)}")]
    wrong = unknown_keys(one, KEYS) + missing_keys(key for key in _NEEDED if one.get(key) in (None, "", []))
    wrong = wrong or _check_id(one["id"], known, others) + _check_words(one, known) + _check_numbers(one)
    return wrong or _check_features(one, known)


def _check_id(name: Any, known: Known, others: Collection[str]) -> list[Problem]:
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        return [Problem(("id",), f"{name} is not a kebab-case name", "use a-z, 0-9 and -")]
    if name in others:
        return [Problem(("id",), f"two models are called {name}", "rename one")]
    return [Problem(("id",), f"a rule is called {name} already", "rename one")] if name in known.rules else []


def _check_words(one: Mapping[str, Any], known: Known) -> list[Problem]:
    options = {"clause": list(known.clauses), "severity": list(SEVERITIES), "entity": list(ENTITIES)}
    found = [Problem((key,), f"a model cannot have the {key} {one[key]}", _hint(key, str(one[key]), names))
             for key, names in options.items() if one[key] not in names]  # fmt: skip
    if one["clause"] in known.restricted:
        found.append(Problem(("clause",), f"{one['clause']} is on the path of child safety: no model may speak of it",
                             "take an ordinary clause: what is unusual is no knowledge of abuse"))  # fmt: skip
    return found


def _hint(key: str, given: str, names: list[str]) -> str:
    if key == "severity":
        return "info or low: what is unusual is no breach, and goes no further than a page"
    return nearest(given, names) or f"one of {', '.join(names)}"


def _check_numbers(one: Mapping[str, Any]) -> list[Problem]:
    p = one["p_value"]
    found = []
    if isinstance(p, bool) or not isinstance(p, int | float) or not 0 < p <= MOST_P_VALUE:
        hint = "the share of honest days that may fire, for example 0.005"
        found.append(Problem(("p_value",), f"{p} is no p-value above 0 and at most {MOST_P_VALUE}", hint))
    if "quiet" in one and duration_ms(one["quiet"]) is None:
        found.append(Problem(("quiet",), f"{one['quiet']} is not a duration", "for example 90s, 20m, 1h, 7d"))
    return found


def _check_features(one: Mapping[str, Any], known: Known) -> list[Problem]:
    names = listed(one["features"])
    found = [
        Problem(("features", index), *said)
        for index, name in enumerate(names)
        if (said := _of_feature(str(name), names[:index], one["entity"], known))
    ]
    few = [Problem(("features",), "a model sets at least two features beside each other", "name more, or write a rule")]
    return found or (few if len(names) < 2 else [])


def _of_feature(name: str, before: list[Any], kind: str, known: Known) -> tuple[str, str] | None:
    """What is wrong with one feature of a model, and what to do; None where nothing is."""
    plain, values = known.catalog.plain(kind), known.catalog.values[kind]
    if name in values and name not in plain:
        return f"{name} is compared already", "name the plain value: a model knows what is usual by itself"
    if name not in plain:
        hint = nearest(name, list(plain)) or f"tipstaff pack show lists the values of {kind}"
        return f"unknown value {name} of {kind}", hint
    if name in before:
        return f"the value {name} is there twice", "remove one"
    if name in known.apart.get(kind, ()):
        return f"{name} is of restricted rules alone", "no ordinary alert may tell of it"
    return None


def _model(one: Mapping[str, Any], catalog: Catalog) -> Declared:
    return Declared(
        id=one["id"], title=str(one["title"]), clause=one["clause"], severity=one["severity"], entity=one["entity"],
        features=tuple(one["features"]), p_value=float(one["p_value"]),
        quiet_ms=duration_ms(one.get("quiet", "1h")) or 0, runbook=str(one["runbook"]).strip(),
        references=_texts(one, "references"), false_positives=_texts(one, "false_positives"),
        version=_version(one, catalog),
    )  # fmt: skip


def _version(one: Mapping[str, Any], catalog: Catalog) -> str:
    decides = {key: one[key] for key in _DECIDES if key in one}
    read = [catalog.values[one["entity"]][name].feature.identity for name in one["features"]]
    return hashlib.sha256(json.dumps([decides, read], sort_keys=True, default=str).encode()).hexdigest()[:12]


def _texts(one: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(text).strip() for text in listed(one.get(key)))
