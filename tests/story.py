"""Reads stories of enforcement: what happens when, and what must and must not come of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.rules import duration_ms
from features.catalog import Problem
from features.declared import missing_keys, unknown_keys
from streams.located import Document, PackRefused

EVENTS = ("alert", "command", "switch", "progress", "receiver", "facts", "elsewhere", "housekeeping")
"""What can happen in a step, one of them each."""

SEEN = ("answer", "effects", "in_force", "decisions", "pages", "notices", "cases", "states", "strikes", "held_back")
"""What can be expected."""

_STORY = ("story", "promoted", "facts", "people", "policy", "steps", "expect", "never")
_STEP = ("at", *EVENTS, "expect", "never")
_WITHIN = {
    "alert": ("rule", "account", "key", "workload", "end_user", "severity", "signals", "revision", "age", "lasted",
              "since", "end_users", "times", "version", "deliver", "p_value"),
    "command": ("by", "do", "why", "args", "says"),
    "progress": ("lag_records", "behind", "active"), "receiver": ("faults", "times", "retry_after_s"),
    "expect": SEEN, "never": SEEN,
}  # fmt: skip
_MESSAGES = ("count", "contain")
_CASES = ("open", "closed", "urgent", "restricted", "roles", "accounts")


@dataclass(frozen=True)
class Step:
    """One thing that happens. at_ms: since the story's beginning; what: one of EVENTS, or nothing; expect, never: what
    holds right after it.
    """

    at_ms: int
    what: str
    told: Any
    expect: Mapping[str, Any]
    never: Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """A story: how things stand at its beginning, what happens, and what must and must not have come of it."""

    sentence: str
    promoted: Mapping[str, Any]
    facts: Mapping[str, Mapping[str, Any]]
    people: Mapping[str, Sequence[str]]
    policy: Mapping[str, Any]
    steps: tuple[Step, ...]
    expect: Mapping[str, Any]
    never: Mapping[str, Any]


def read_story(path: Path) -> Story:
    """A story from its file. Raises PackRefused, which names file, line and what is wrong."""
    document = Document(path, path.name)
    wrong = list(_problems(document.value))
    if wrong:
        raise PackRefused([document.flaw(one, one.path, "") for one in wrong])
    told = document.value
    return Story(told["story"], told.get("promoted") or {}, told.get("facts") or {}, told.get("people") or {},
                 told.get("policy") or {}, tuple(_step(one) for one in told["steps"]), told.get("expect") or {},
                 told.get("never") or {})  # fmt: skip


def _step(one: Mapping[str, Any]) -> Step:
    what = next((key for key in EVENTS if key in one), "")
    return Step(ms(one["at"]), what, one.get(what), one.get("expect") or {}, one.get("never") or {})


def ms(text: Any) -> int:
    """A time of a story, or a span, in ms."""
    return 0 if str(text) == "0" else duration_ms(text) or 0


def _problems(told: Any) -> Iterator[Problem]:
    if not isinstance(told, Mapping):
        yield Problem((), "a story is a mapping of keys", f"its keys are {', '.join(_STORY)}")
        return
    yield from unknown_keys(told, _STORY)
    yield from missing_keys(key for key in ("story", "steps") if not told.get(key))
    yield from _seen_problems(told, ())
    before = 0
    for index, one in enumerate(told.get("steps") or ()):
        yield from _step_problems(one, ("steps", index), before)
        before = ms(one.get("at", 0)) if isinstance(one, Mapping) else before


def _step_problems(one: Any, path: tuple[str | int, ...], before_ms: int) -> Iterator[Problem]:
    if not isinstance(one, Mapping):
        yield Problem(path, "a step is a mapping of keys", f"its keys are {', '.join(_STEP)}")
        return
    yield from unknown_keys(one, _STEP, *path)
    at = str(one.get("at"))
    if at != "0" and duration_ms(at) is None:
        yield Problem(path, "a step says when: at", "for example at: 10m")
    elif ms(at) < before_ms:
        yield Problem((*path, "at"), f"{at} is before the step before it", "steps stand in order of time")
    found = [key for key in EVENTS if key in one]
    if len(found) > 1:
        yield Problem(path, f"{' and '.join(found)} in one step", "give each a step of its own")
    for key in found:
        if key in _WITHIN:
            yield from _mapping_problems(one[key], key, (*path, key))
    yield from _seen_problems(one, path)


def _mapping_problems(value: Any, key: str, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        yield from unknown_keys(value, _WITHIN[key], *path)
    else:
        yield Problem(path, f"{key} is a mapping of keys", f"its keys are {', '.join(_WITHIN[key])}")


def _seen_problems(one: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
    for key in ("expect", "never"):
        if one.get(key) is None:
            continue
        yield from _mapping_problems(one[key], key, (*path, key))
        for seen, known in (("pages", _MESSAGES), ("notices", _MESSAGES), ("cases", _CASES)):
            value = one[key].get(seen) if isinstance(one[key], Mapping) else None
            if isinstance(value, Mapping):
                yield from unknown_keys(value, known, *path, key, seen)
