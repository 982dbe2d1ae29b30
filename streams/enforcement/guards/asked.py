"""What a guard is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from detectors.alert import Alert
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.policy import Policy, Terms
from streams.enforcement.policy.rungs import account_wide
from streams.enforcement.policy.standing import Circumstances, Standing

Figures = Mapping[str, int | float | str]
"""What a guard's answer rests on, by name; units are in the names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """May this be done? alerts: the account's open ones, the one decided on first; now_ms: ms since 1970."""

    wanted: Decision
    alerts: Sequence[Alert]
    facts: Facts | None
    standing: Standing
    policy: Policy
    circumstances: Circumstances
    now_ms: int

    @property
    def about(self) -> Alert | None:
        """The alert that is decided on; None where somebody gave none, which guards take for no evidence."""
        return self.alerts[0] if self.alerts else None

    @property
    def terms(self) -> Terms | None:
        """What the policy says of the rung; None where it says nothing, which guards take for the strictest."""
        return self.policy.terms.get(self.wanted.rung)

    @property
    def account_wide(self) -> bool:
        """Whether the whole account would lose something."""
        return account_wide(self.wanted.rung, self.wanted.kind)

    @property
    def plan(self) -> str | None:
        """The account's plan: what the operator says, else what its events say."""
        told = self.facts.plan if self.facts else None
        return told or (self.about.plan if self.about else None)


@dataclass(frozen=True, slots=True)
class Held:
    """No. proposed: a person may say yes all the same."""

    reason: Reason
    figures: Figures
    proposed: bool = False


Guard = Callable[[Asked], Held | None]
"""One reason to hold back; None lets pass. Never raises, whatever it is asked."""
