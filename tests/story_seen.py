"""What can be seen of a play, in words that a story can expect."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from playing import Kept, Play

from streams.enforcement.ledger import schema
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.policy.decision import Decision

HOLD = "tipstaff.hold.requested"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Ids of what people asked for are another each time."""


class Seen:
    """A play as a story sees it. decisions: all so far; answer: of the last command, in its step alone."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self.decisions: list[Decision] = []
        self.answer: Answer | None = None

    def effects(self) -> list[str]:
        """What the receiver has done, in order: rung, target, state."""
        targets = {row["action_id"]: row["entity_id"] for row in self._play.actions()}
        return [f"{one.rung} {targets[one.action_id]} {one.state}" if one.action_id else f"{_kind(one.type)} "
                f"{one.subject}" for one in self._play.desired.effects()]  # fmt: skip

    def in_force(self) -> list[str]:
        """What the receiver has in force: rung and target."""
        return [f"{rung} {target}" for rung, target in self._play.in_force()]

    def decided(self) -> list[str]:
        """Every decision: outcome, reason, rung and target where there is one."""
        return [" ".join(filter(None, (one.outcome, one.reason, one.rung, one.entity_id))) for one in self.decisions]

    def states(self) -> list[str]:
        """Every action: rung, target, state; sorted."""
        return sorted(f"{row['rung']} {row['entity_id']} {row['state']}" for row in self._play.actions())

    def texts(self, kept: Kept) -> list[str]:
        """What people were told."""
        return [str(one.data.get("summary") or f"{one.data.get('to')} {one.data.get('subject')}\n{one.data['text']}")
                for one in kept.got.values() if one.type != "tipstaff.page.closed"]  # fmt: skip

    def cases(self) -> dict[str, Any]:
        """How many cases are open, closed, urgent, restricted; whose; by how accounts are called."""
        rows = self._play.rows(schema.cases)
        roles = sorted({row["role"] for row in rows})
        accounts = Counter((row["account_id"] or "many").split("-")[0] for row in rows)
        return {"open": sum(row["state"] == "open" for row in rows), "closed": sum(row["state"] == "closed"
                for row in rows), "urgent": sum(row["urgent"] for row in rows),
                "restricted": sum(row["restricted"] for row in rows), "roles": roles,
                "accounts": dict(sorted(accounts.items()))}  # fmt: skip

    def strikes(self) -> dict[str, int]:
        """Standing strikes by account."""
        counted: Counter[str] = Counter()
        for row in self._play.rows(schema.strikes, schema.strikes.c.reversed_ms.is_(None)):
            counted[row["account_id"]] += row["count"]
        return dict(counted)

    def held_back(self) -> dict[str, int]:
        """How much each budget that ran out holds back."""
        return {f"{row['purse']} {row['scope']}": row["held"] for row in self._play.rows(schema.breakers)}

    def pages(self) -> list[str]:
        """Every page's text."""
        return self.texts(self._play.pages)

    def notices(self) -> list[str]:
        """Every letter: to whom, subject, text."""
        return self.texts(self._play.notices)

    def outcome(self) -> dict[str, Any]:
        """All of it."""
        return {"effects": self.effects(), "in_force": self.in_force(), "decisions": self.decided(),
                "states": self.states(), "pages": _nameless(self.pages()), "notices": _nameless(self.notices()),
                "cases": self.cases(), "strikes": self.strikes(), "held_back": self.held_back()}  # fmt: skip


def held_against(seen: Seen, expect: Mapping[str, Any], never: Mapping[str, Any], where: str) -> None:
    """Whether what is seen is what is expected, and nothing that must never be."""
    for key, wanted in expect.items():
        _EXPECTED[key](seen, wanted, f"{where}: {key}")
    for key, texts in never.items():
        for text in texts:
            found = [one for one in _LISTED[key](seen) if str(text) in one]
            assert not found, f"{where}: {key} must never hold {text}: {found}"


def _nameless(texts: list[str]) -> list[str]:
    return sorted(_ID.sub("…", text) for text in texts)


def _kind(type: str) -> str:
    return "hold" if type == HOLD else type


def _listed(key: str) -> Callable[[Seen, Any, str], None]:
    def look(seen: Seen, wanted: Any, where: str) -> None:
        found = _LISTED[key](seen)
        wanted = [str(one) for one in wanted]
        assert found == (sorted(wanted) if key in _SORTED else wanted), f"{where}: {found}"

    return look


def _counted(key: str) -> Callable[[Seen, Any, str], None]:
    def look(seen: Seen, wanted: Mapping[str, Any], where: str) -> None:
        found = getattr(seen, key)()
        told = {name: found.get(name, 0) for name in wanted}
        assert told == dict(wanted), f"{where}: {told} in {found}"

    return look


def _told(key: str) -> Callable[[Seen, Any, str], None]:
    def look(seen: Seen, wanted: Mapping[str, Any], where: str) -> None:
        found = _LISTED[key](seen)
        if "count" in wanted:
            assert len(found) == wanted["count"], f"{where}: {len(found)}: {found}"
        for text in _all(wanted.get("contain", ())):
            assert any(str(text) in one for one in found), f"{where}: none holds {text}: {found}"

    return look


def _answered(seen: Seen, wanted: str, where: str) -> None:
    assert seen.answer is not None, f"{where}: no command was given in this step"
    assert str(seen.answer.ending) == wanted, f"{where}: {seen.answer.ending}: {seen.answer.detail}"


def _all(texts: Any) -> Iterable[Any]:
    return [texts] if isinstance(texts, str) else texts


_SORTED = ("in_force", "states")
_LISTED: dict[str, Callable[[Seen], list[str]]] = {
    "effects": Seen.effects, "in_force": Seen.in_force, "decisions": Seen.decided, "states": Seen.states,
    "pages": Seen.pages, "notices": Seen.notices,
}  # fmt: skip
_EXPECTED: dict[str, Callable[[Seen, Any, str], None]] = {
    **{key: _listed(key) for key in ("effects", "in_force", "decisions", "states")},
    **{key: _counted(key) for key in ("cases", "strikes", "held_back")},
    "pages": _told("pages"), "notices": _told("notices"), "answer": _answered,
}  # fmt: skip
