"""An appeal as moderation tools send it, from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from streams.cli.screen import Failed, safe
from streams.history.moments import EXAMPLE, moment

_MOST_BYTES = 64 * 1024


class _Item(msgspec.Struct):
    id: str


class _Sent(msgspec.Struct, rename="camel"):
    appealed_by: str
    actioned_item: _Item | str
    appeal_reason: str
    appeal_id: str = ""
    appealed_at: str | None = None
    actions_taken: list[str] = []


@dataclass(frozen=True)
class Appeal:
    """item: id of the account, key or workload that was acted upon; taken: ids of actions, or rungs; id: theirs."""

    item: str
    taken: tuple[str, ...]
    by: str
    reason: str
    at_ms: int | None
    id: str

    def args(self, action_id: str) -> dict[str, Any]:
        """The arguments of `appeal.add` against one action."""
        told = {"action_id": action_id, "appealed_by": self.by, "appeal_reason": self.reason}
        at = {} if self.at_ms is None else {"appealed_ms": self.at_ms}
        return {**told, **at, **({"outside_id": self.id} if self.id else {})}

    @property
    def why(self) -> str:
        """What the audit keeps: their name for the appeal."""
        return f"appeal {self.id}" if self.id else ""


def read_appeal(path: Path) -> Appeal:
    """The appeal in a file of one JSON object; keys besides these are not looked at. Raises Failed."""
    try:
        with path.open("rb") as file:
            found = msgspec.json.decode(file.read(_MOST_BYTES + 1), type=_Sent)
    except OSError as error:
        raise Failed(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Failed(f"{path}: is no appeal: {safe(str(error)[:200])}") from None
    item = found.actioned_item if isinstance(found.actioned_item, str) else found.actioned_item.id
    return Appeal(item, tuple(found.actions_taken), found.appealed_by, found.appeal_reason, _at(path, found),
                  found.appeal_id)  # fmt: skip


def _at(path: Path, found: _Sent) -> int | None:
    at = None if found.appealed_at is None else moment(found.appealed_at)
    if at is None and found.appealed_at is not None:
        raise Failed(f"{path}: appealedAt is no time: {safe(found.appealed_at)[:80]}; write it such as {EXAMPLE}")
    return at
