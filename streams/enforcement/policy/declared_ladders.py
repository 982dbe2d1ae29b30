"""Ladders as declared: by name, for each kind of entity its steps, the lowest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from detectors.alert import SEVERITIES
from features.catalog import Problem
from features.declared import missing_keys, unknown_keys
from streams.enforcement.policy.amounts import Path, key_problems, mapping_problems, whole_problems, word_problems
from streams.enforcement.policy.policy import Step
from streams.enforcement.policy.rungs import CONTAIN, HEIGHT, SUSPEND, TARGETS, TERMINATE

KINDS = ("account", "key", "workload", "end_user")

Ladders = dict[str, dict[str, tuple[Step, ...]]]
"""Steps by the ladder's name and the kind of entity."""

LEAST_TO_SUSPEND = 2
"""Distinct own signals without which nobody is suspended by a machine."""

_NOT_BY_LADDER = (TERMINATE, CONTAIN, "report")
_STEP_KEYS = ("rung", "severity", "strikes", "signals")


def ladder_problems(declared: Any) -> list[Problem]:
    """What is wrong under `ladders:`."""
    wrong = mapping_problems(declared, ("ladders",), "mining: {workload: [{rung: …, severity: …}]}")
    if wrong:
        return wrong
    return [problem for name, one in declared.items() for problem in _ladder(one, ("ladders", name))]


def built_ladders(declared: Mapping[str, Any]) -> Ladders:
    """Ladders, of what was checked."""
    return {name: {kind: tuple(_step(one) for one in steps) for kind, steps in ladder.items()}
            for name, ladder in declared.items()}  # fmt: skip


def _step(one: Mapping[str, Any]) -> Step:
    return Step(one["rung"], one["severity"], one.get("strikes", 0), one.get("signals", 1))


def _ladder(one: Any, path: Path) -> list[Problem]:
    wrong = mapping_problems(one, path, "for each kind of entity a list of steps, the lowest first")
    if wrong:
        return wrong
    found = key_problems(one, path, "kind of entity", KINDS)
    for kind, steps in one.items():
        if kind in KINDS:
            found += _steps(kind, steps, (*path, kind))
    return found


def _steps(kind: str, steps: Any, path: Path) -> list[Problem]:
    if not isinstance(steps, list) or not steps:
        return [Problem(path, f"the {kind} ladder must be a list of steps", "- {rung: notice, severity: low}")]
    found = [problem for index, one in enumerate(steps) for problem in _step_problems(kind, one, (*path, index))]
    return found or [*_circular(steps, path), *_shrinking(steps, path)]


def _step_problems(kind: str, one: Any, path: Path) -> list[Problem]:
    if not isinstance(one, Mapping):
        return [Problem(path, "a step must be a mapping of keys", f"its keys are {', '.join(_STEP_KEYS)}")]
    wrong = unknown_keys(one, _STEP_KEYS, *path)
    wrong += missing_keys((key for key in ("rung", "severity") if one.get(key) is None), *path)
    return wrong or [*_rung(kind, one["rung"], (*path, "rung")), *_reached_from(one, path)]


def _rung(kind: str, rung: Any, path: Path) -> list[Problem]:
    if rung in _NOT_BY_LADDER:
        return [Problem(path, f"no ladder may {rung}", "people do, and contain follows a hash match by itself")]
    wrong = word_problems(rung, path, "rung", [one for one in HEIGHT if one not in _NOT_BY_LADDER])
    if wrong or kind in TARGETS[rung]:
        return wrong
    return [Problem(path, f"{rung} is not for a {kind}", f"it is for: {', '.join(TARGETS[rung])}")]


def _reached_from(one: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    yield from word_problems(one["severity"], (*path, "severity"), "severity", SEVERITIES)
    yield from whole_problems(one.get("strikes", 0), (*path, "strikes"), 0)
    wrong = whole_problems(one.get("signals", 1), (*path, "signals"), 1)
    yield from wrong
    if not wrong and one["rung"] == SUSPEND and one.get("signals", 1) < LEAST_TO_SUSPEND:
        at: Path = (*path, "signals") if "signals" in one else path
        yield Problem(at, f"suspend needs at least {LEAST_TO_SUSPEND} signals", "say signals: 2, or take a lower rung")


def _circular(steps: Sequence[Mapping[str, Any]], path: Path) -> Iterator[Problem]:
    rungs = [one["rung"] for one in steps]
    for index, rung in enumerate(rungs):
        if rung in rungs[:index]:
            yield Problem((*path, index, "rung"), f"a circular ladder: {rung} is there already", "remove one")


def _shrinking(steps: Sequence[Mapping[str, Any]], path: Path) -> Iterator[Problem]:
    for index, (below, above) in enumerate(pairwise(steps), start=1):
        lower, higher = _step(below), _step(above)
        if higher.rung in [one["rung"] for one in steps[:index]]:
            continue  # circular, said already
        if HEIGHT[higher.rung] <= HEIGHT[lower.rung]:
            yield Problem((*path, index, "rung"), f"a shrinking ladder: {higher.rung} is no higher than {lower.rung}",
                          "put the lowest rung first")  # fmt: skip
            continue
        yield from _needs(lower, higher, (*path, index))


def _needs(lower: Step, higher: Step, path: Path) -> Iterator[Problem]:
    was, now = _need(lower), _need(higher)
    fallen = [key for key in was if now[key] < was[key]]
    for key in fallen:
        yield Problem((*path, key), f"a shrinking ladder: {higher.rung} needs less {key} than {lower.rung}",
                      "a higher rung never needs less")  # fmt: skip
    if now == was:
        yield Problem(path, f"{higher.rung} needs no more than {lower.rung}, which is then never taken",
                      "ask for more severity, strikes or signals, or remove the lower one")  # fmt: skip


def _need(step: Step) -> dict[str, int]:
    return {"severity": SEVERITIES.index(step.severity), "strikes": step.strikes, "signals": step.signals}
