"""A fixed script of what happens to an enforcer: every kind of write, and room after each for a process to be gone."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from playing import BEGIN_MS, Play, made_alert, played

from detectors.alert import Alert, Evidence
from streams.enforcement.in_force import InForce, in_force_of
from streams.enforcement.obeying.actions import preview_hash
from streams.enforcement.people.commands import new_command, signed
from streams.enforcement.people.credentials import Credential
from streams.pack import read_pack

STRATUM, SPAM, KEY, HASH = (
    "mining-stratum-command", "spam-complaints", "stolen-key-probed-from-elsewhere", "child-safety-hash",
)  # fmt: skip
_KNOWN = ("acme", "beta", "gamma", *(f"many-{n}" for n in range(1, 6)))
_MINUTE_MS = 60_000


class Writing:
    """What the script is written into: a play. topic: holds what people have said, so that it can be read again."""

    def __init__(self, play: Play, topic: Path, credentials: Mapping[str, Credential]) -> None:
        self._play, self._topic, self._credentials = play, topic, credentials
        self._rules = play.enforcer.in_force.rules
        self._said: dict[str, str] = json.loads(topic.read_text()) if topic.exists() else {}

    def alerts(self, *alerts: Alert) -> None:
        """Alerts come in, and progress with them."""
        told = {"topic": "usage.events", "partition": 0, "stream_time_ms": self._play.now_ms, "lag_records": 0,
                "active_accounts": {"pro": 1_000}, "pack": "pack"}  # fmt: skip
        self._play.enforcer.take(alerts, self._play.now_ms, told=[told])

    def made(self, rule: str, clause: str, at_min: int, **more: Any) -> Alert:
        """An alert of so many minutes after the beginning."""
        return made_alert(rule, clause, at_ms=BEGIN_MS + at_min * _MINUTE_MS, rule_version=self._rules[rule], **more)

    def pod(self, account: str, at_min: int, **more: Any) -> Alert:
        """A pod of an account mines."""
        return self.made(STRATUM, "cryptomining", at_min, account=account, workload=f"pod-{account}", **more)

    def person(self, by: str, verb: str, args: Callable[[Play], dict[str, Any]]) -> None:
        """A person says something, once: the topic keeps it."""
        name = f"{by} {verb}"
        if name not in self._said:
            command = new_command(by, verb, args(self._play), "as the script says", self._play.now_ms)
            self._said[name] = base64.b64encode(signed(command, self._credentials[by])).decode()
            self._topic.write_text(json.dumps(self._said))
        self._play.obeying.obey(base64.b64decode(self._said[name]), self._play.now_ms)


def set_up(folder: Path) -> tuple[InForce, Mapping[str, Credential]]:
    """A ledger in which rules are live, accounts known and people hired; enforcement is on."""
    in_force = _with_little_to_spend(in_force_of(read_pack()))
    with played(f"sqlite:///{folder / 'ledger.db'}", folder, in_force) as play:
        play.switch_on()
        for rule in (STRATUM, SPAM, KEY):
            play.promote(rule, version=in_force.rules[rule])
        for account in _KNOWN:
            play.know(account)
        play.hire("ann", "enforcer", "admin", "reviewer")
        play.hire("bea", "enforcer", "admin")
        return in_force, play.credentials


def _with_little_to_spend(in_force: InForce) -> InForce:
    """The shipped policy with a budget that the script runs out of."""
    policy = in_force.policy
    budgets = {**policy.budgets, "narrow": replace(policy.budgets["narrow"], rule_per_hour=4)}
    return replace(in_force, policy=replace(policy, budgets=budgets))


def _first(one: Writing) -> None:
    one.alerts(one.made(KEY, "unauthorised-use", 0, account="acme", key="key-1", victim="holder"),
               one.pod("acme", 0), one.pod("gamma", -60),
               one.made(HASH, "child-safety", 0, account="vile", restricted=True, knowledge="hash_match"))  # fmt: skip


def _reinstated(one: Writing) -> None:
    one.person("ann", "account.reinstate", lambda _: {"account_ids": ["acme"]})


def _spam(one: Writing) -> None:
    one.alerts(one.made(SPAM, "spam", 10, account="beta"), one.pod("acme", 10))


def _odd(one: Writing) -> None:
    found = Evidence("p-value", None, 0.001, "<=", 0.005)
    one.alerts(made_alert("unusual-account", "unusual-use", account="delta", severity="low", signals=("model",),
                          at_ms=BEGIN_MS + 12 * _MINUTE_MS, evidence=(found,)))  # fmt: skip


def _approved(one: Writing) -> None:
    def wanted(play: Play) -> dict[str, Any]:
        rows = play.actions(state="proposed", account_id="gamma")
        return {"ids": [row["action_id"] for row in rows], "change": preview_hash(rows, "approve")}

    one.person("ann", "action.approve", wanted)


def _stopped(one: Writing) -> None:
    one.person("bea", "enforcement.stop", lambda _: {"scopes": ["rung:throttle"]})
    one.alerts(*(one.pod(f"many-{n}", 20) for n in range(1, 6)))


def _by_hand(one: Writing) -> None:
    target = {"kind": "account", "account_id": "many-1", "id": "many-1"}
    one.person("bea", "account.act", lambda _: {"rung": "suspend", "clause": "spam", "targets": [target]})


def _appealed(one: Writing) -> None:
    one.person("ann", "appeal.add", lambda play: {
        "action_id": play.actions(rung="suspend")[0]["action_id"], "appealed_by": "owner", "appeal_reason": "not us",
    })  # fmt: skip

    one.person("ann", "report.add", lambda _: {
        "kind": "violation", "matter": "minors", "reporter_id": "hotline", "text": "see the ticket",
    })  # fmt: skip
    one.person("ann", "account.protect", lambda play: {
        "account_ids": ["many-5"], "until_ms": play.now_ms + 86_400_000,
    })  # fmt: skip


def _undone(one: Writing) -> None:
    one.person("bea", "action.undo", lambda play: {
        "ids": [row["action_id"] for row in play.actions(account_id="many-2", state="confirmed")],
    })  # fmt: skip


def _goes_on(one: Writing) -> None:
    one.alerts(one.made(SPAM, "spam", 75, account="beta"))


_MINUTES = (
    (0, _first), (5, _reinstated), (10, _spam), (12, _odd), (15, _approved), (20, _stopped), (25, _by_hand),
    (30, _appealed), (35, _undone), (75, _goes_on),
)  # fmt: skip
SCRIPT = tuple((at_min * _MINUTE_MS, happens) for at_min, happens in _MINUTES)
"""When, in ms since the beginning, and what."""
