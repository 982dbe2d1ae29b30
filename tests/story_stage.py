"""Plays stories of enforcement on the shipped policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from playing import ACTIONS, BEGIN_MS, NOTICES, ON, PAGES, Play, made_alert, played
from story import Step, Story, ms
from story_args import command_args
from story_seen import Seen, held_against

from detectors.alert import Alert, Evidence
from detectors.rules import Rule
from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.in_force import in_force_of
from streams.enforcement.ledger.schema import suspended_elsewhere
from streams.enforcement.receiver.faults import Fault, Faults, Planned
from streams.pack import Pack, read_pack

_PACES = ((6 * HOUR_MS, 10 * 60_000), (7 * DAY_MS, HOUR_MS), (60 * DAY_MS, DAY_MS))
"""How often housekeeping comes while so much time passes, each in ms; each week in longer spans."""

_SWITCH = {"on": ON, "off": replace(ON, on=False), "unknown": replace(ON, known=False)}


def pack_with(policy: Mapping[str, Any]) -> Pack:
    """The shipped pack, with a policy laid over its own."""
    return _pack(yaml.safe_dump(dict(policy)) if policy else "")


@cache
def _pack(policy: str) -> Pack:
    with TemporaryDirectory() as folder:
        (Path(folder) / "policy.yaml").write_text(policy)
        return read_pack(Path(folder) if policy else None)


class Stage:
    """A story being played."""

    def __init__(self, play: Play, story: Story, rules: Mapping[str, Rule]) -> None:
        self._play, self._story, self._rules = play, story, rules
        self._progress: dict[str, int] = {}
        self._alerts: list[Alert] = []
        self._events: dict[str, Callable[[Any], None]] = {
            "alert": self._alert, "command": self._command, "switch": self._switch, "progress": self._told_progress,
            "receiver": self._receiver, "facts": self._facts, "elsewhere": self._elsewhere,
            "housekeeping": lambda _: play.settle(),
        }  # fmt: skip
        self.seen = Seen(play)

    def set_up(self) -> None:
        """How things stand at the beginning."""
        self._play.switch_on()
        for rule, stage in self._story.promoted.items():
            told = {"stage": stage} if isinstance(stage, str) else dict(stage)
            self._play.promote(rule, version=self._rules[rule].version, **told)
        self._facts(self._story.facts)
        for name, roles in self._story.people.items():
            self._play.hire(name, *roles)

    def tell(self) -> None:
        """The whole story, each step looked at."""
        for number, step in enumerate(self._story.steps, 1):
            self._wait_until(BEGIN_MS + step.at_ms)
            self._play.progress(**self._progress)
            self._happen(step)
            where = f"step {number} ({step.what or 'time'} at {step.at_ms // 60_000} min)"
            held_against(self.seen, step.expect, step.never, where)
            held_against(self.seen, {}, self._story.never, where)
        held_against(self.seen, self._story.expect, {}, "the end")

    def again(self) -> None:
        """Every alert comes once more: nothing may follow."""
        before = self.seen.outcome()
        assert self._play.alert(*self._alerts) == []
        assert self.seen.outcome() == before

    def _wait_until(self, end: int) -> None:
        """Time passes, with housekeeping often enough for what hangs on it."""
        left = end - self._play.now_ms
        pace = next((pace for most, pace in _PACES if left <= most), 7 * DAY_MS)
        while self._play.now_ms < end:
            self._play.now_ms = min(self._play.now_ms + (60_000 if self._waits(pace) else pace), end)
            self._play.settle()

    def _waits(self, pace: int) -> bool:
        """Whether a sink is to be tried again before long."""
        due = [self._play.enforcer.outbox().next_due(name) for name in (ACTIONS, PAGES, NOTICES)]
        return any(one is not None and one < self._play.now_ms + pace for one in due)

    def _happen(self, step: Step) -> None:
        self.seen.answer = None
        if step.what:
            self._events[step.what](step.told)

    def _alert(self, told: Mapping[str, Any]) -> None:
        alerts = [self._made(told, n) for n in range(1, told.get("times", 1) + 1)]
        self._alerts += alerts
        self.seen.decisions += self._play.enforcer.take(alerts, self._play.now_ms)
        if told.get("deliver", True):
            self._play.deliver()

    def _made(self, told: Mapping[str, Any], n: int) -> Alert:
        rule = self._rules[told["rule"]]
        at_ms = self._play.now_ms - ms(told.get("age", 0))
        since = BEGIN_MS + ms(told["since"]) if "since" in told else at_ms - ms(told.get("lasted", 0))
        named = {key: str(told[key]).format(n=n) for key in ("account", "key", "workload", "end_user") if key in told}
        return made_alert(
            rule.id, rule.clause, severity=told.get("severity", rule.severity),
            signals=told.get("signals", rule.signals), at_ms=at_ms, episode_ms=since,
            revision=told.get("revision", 1), rule_version=told.get("version", rule.version), victim=rule.victim,
            knowledge=rule.knowledge, restricted=rule.restricted, end_users=tuple(told.get("end_users", ())),
            evidence=_testimony(told), **named,
        )  # fmt: skip

    def _command(self, told: Mapping[str, Any]) -> None:
        args = command_args(self._play, told["do"], told.get("args") or {})
        answer = self._play.command(told["by"], told["do"], told.get("why", "as the story says"), **args)
        assert str(told.get("says", "")) in answer.detail, f"{told['do']} answered: {answer.detail}"
        self.seen.answer = answer

    def _switch(self, told: str) -> None:
        self._play.brake = _SWITCH[told]
        self._play.deliver()

    def _told_progress(self, told: Mapping[str, Any]) -> None:
        self._progress = {_PROGRESS[key]: ms(value) if key == "behind" else value for key, value in told.items()}
        self._play.progress(**self._progress)

    def _receiver(self, told: Mapping[str, Any]) -> None:
        """From now on it has these faults, and no longer those of before."""
        planned = [Planned(Fault(name), told.get("retry_after_s", 1)) for name in told["faults"]]
        self._play.faults = self._play.receiver.faults = Faults(*planned * told.get("times", 1))

    def _facts(self, told: Mapping[str, Mapping[str, Any]]) -> None:
        for account, facts in told.items():
            self._play.know(account, **_known(facts or {}, self._play.now_ms))

    def _elsewhere(self, told: Mapping[str, str]) -> None:
        with self._play.ledger.writing(self._play.now_ms) as tx:
            for account, what in told.items():
                tx.delete(suspended_elsewhere, suspended_elsewhere.c.account_id == account)
                if what == "suspended":
                    tx.insert(suspended_elsewhere, [{"account_id": account, "since_ms": tx.now_ms, "by": "billing",
                                                     "why": "as the story says"}])  # fmt: skip


def _testimony(told: Mapping[str, Any]) -> tuple[Evidence, ...]:
    """What a model's alert holds first."""
    return (Evidence("p-value", None, told["p_value"], "<=", 0.01),) if "p_value" in told else ()


_PROGRESS = {"lag_records": "lag_records", "behind": "behind_ms", "active": "active"}


def _known(facts: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    """Facts as a ledger keeps them."""
    told = dict(facts)
    if "age" in told:
        told["created_ms"] = now_ms - ms(told.pop("age"))
    if "allow_listed_until" in told:
        told["allow_listed_until_ms"] = BEGIN_MS + ms(told.pop("allow_listed_until"))
    if "stateful_workloads" in told:
        told["stateful_workloads"] = frozenset(told["stateful_workloads"])
    return told


@contextmanager
def staged(story: Story, url: str, folder: Path) -> Iterator[tuple[Stage, Play]]:
    """A story, set up and not begun."""
    pack = pack_with(story.policy)
    with played(url, folder, in_force_of(pack)) as play:
        stage = Stage(play, story, {rule.id: rule for rule in pack.rules})
        stage.set_up()
        yield stage, play
