"""What the built-in page is given by the process that serves it, and what passes between its rooms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.people.roles import Role
from streams.enforcement.policy.standing import Switch
from streams.pack import Pack
from streams.web.recent import Recent


class Missing(Exception):
    """There is nothing of that name that the viewer may see."""


@dataclass(frozen=True)
class Viewer:
    """Whoever looks. name: as the ledger has it, None for whoever started the process and came by its link."""

    name: str | None
    roles: frozenset[str]

    @property
    def restricted(self) -> bool:
        """Whether child safety's matters show."""
        return Role.CHILD_SAFETY in self.roles


@dataclass(frozen=True)
class Page:
    """What a view makes of a request: a template, and what it is filled with."""

    template: str
    title: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Desk:
    """Enforcement, as the page needs it. brake: the switch outside the ledger at a time (ms); obey: carries a signed
    line out, or has it carried out, and gives the answer; it blocks.
    """

    ledger: Ledger
    in_force: Callable[[], InForce]
    brake: Callable[[int], Switch]
    obey: Callable[[bytes], Answer]


@dataclass(frozen=True)
class Office:
    """All that the page is given. clock_ms: ms since 1970 (the stream's time over the simulator); recent: what this
    process took in lately, None where it takes in no events; alerts: the file of alerts, where there is no desk;
    pack: the pack in force here, whose rules the page tells; None where this process does not know it.
    """

    clock_ms: Callable[[], int]
    recent: Recent | None
    alerts: Path | None
    desk: Desk | None
    pack: Callable[[], Pack | None] | None = None


View = Callable[[Office, Viewer, Mapping[str, str]], Page]
"""A page of a request: its path's names and its query's in one mapping, all of them hostile. Blocks on the ledger, so
it runs in a thread. Raises Missing."""
