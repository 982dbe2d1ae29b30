"""The matter that a decision is about: the alert, what else is open, and what is known of the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from detectors.alert import SEVERITIES, Alert
from detectors.clauses import Clause
from streams.enforcement.policy.evidence import own_signals, same_matter
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.policy import ClausePolicy, Policy, Step
from streams.enforcement.policy.rungs import BY_PEOPLE, HEIGHT, TARGETS
from streams.enforcement.policy.standing import Standing

Figures = Mapping[str, int | float | str]


@dataclass(frozen=True)
class Matter:
    """One alert with all that policy looks at; now_ms: ms since 1970.

    opened: the account's open alerts, newest revision each, `about` among them or not.
    """

    about: Alert
    opened: Sequence[Alert]
    facts: Facts | None
    standing: Standing
    policy: Policy
    clause: Clause | None
    now_ms: int

    @cached_property
    def own(self) -> ClausePolicy | None:
        """The policy for the alert's clause."""
        return self.policy.clauses.get(self.about.clause)

    @cached_property
    def together(self) -> tuple[Alert, ...]:
        """The alert and the open ones that speak about the same."""
        return same_matter(self.about, self.opened)

    @cached_property
    def signals(self) -> int:
        """How many distinct kinds of own evidence there are."""
        return len(own_signals(self.about, self.together))

    def ladder(self, kind: str) -> tuple[Step, ...]:
        """The steps for a kind of entity, without those that no ladder may have or that pass the clause's ceiling."""
        if self.own is None:
            return ()
        ceiling = HEIGHT.get(self.own.ceiling, 0)
        return tuple(step for step in self.own.ladders.get(kind, ())
                     if HEIGHT.get(step.rung, ceiling + 1) <= ceiling and kind in TARGETS[step.rung]
                     and step.rung not in BY_PEOPLE)  # fmt: skip


def rank(severity: str) -> int:
    """How grave a severity is, from 0; one that is not known counts as the least."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


def highest(steps: Sequence[Step], severity: str, strikes: int, signals: int) -> Step | None:
    """The highest of the steps that severity, strikes and signals reach."""
    reached = [step for step in steps if rank(step.severity) <= rank(severity)
               and step.strikes <= strikes and step.signals <= signals]  # fmt: skip
    return max(reached, key=lambda step: HEIGHT[step.rung], default=None)
