"""Arguments of commands on accounts and actions."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from streams.enforcement.people.args import MOST_TARGETS, Args, Hash, Id, Ids, Ms
from streams.enforcement.policy.rungs import TARGETS


class Target(Args, frozen=True):
    """Whom it is about; id: of the key or workload, the account's own for an account."""

    kind: Literal["account", "key", "workload", "end_user"]
    account_id: Id
    id: Id


class AccountAct(Args, frozen=True):
    """A rung upon some entities, or upon all of one case. lasts_ms: instead of what policy says."""

    rung: Literal["notice", "throttle", "quarantine_key", "stop_workload", "suspend", "terminate", "contain"]
    clause: Id
    targets: Annotated[tuple[Target, ...], msgspec.Meta(max_length=MOST_TARGETS)] = ()
    case: Id | None = None
    alert: Id | None = None
    lasts_ms: Ms | None = None

    def __post_init__(self) -> None:
        if bool(self.targets) == (self.case is not None):
            raise ValueError("name either targets or a case: nothing named is not everything")
        for one in self.targets:
            if one.kind not in TARGETS[self.rung]:
                raise ValueError(f"{self.rung} is for {' or '.join(TARGETS[self.rung])}, not for {one.kind}")


class Accounts(Args, frozen=True):
    """Some accounts, by id."""

    account_ids: Ids


class AccountProtect(Args, frozen=True):
    """until_ms: nothing but pages comes upon them before then."""

    account_ids: Ids
    until_ms: Ms


class AccountElsewhere(Args, frozen=True):
    """Accounts that others than us have suspended, or let go again."""

    account_ids: Ids
    suspended: bool


class AccountErase(Args, frozen=True):
    """One account, whose pseudonym's key is destroyed."""

    account_id: Id


class ActionApprove(Args, frozen=True):
    """ids: proposed actions, or a command that waits for a second person; change: the hash of what is approved."""

    ids: Ids
    change: Hash


class ActionReject(Args, frozen=True):
    """ids: proposed actions, or a command that waits for a second person."""

    ids: Ids


class ActionUndo(Args, frozen=True):
    """Some actions, all of one rule (and version), or all begun in a span; change: the hash of the preview."""

    ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_TARGETS)] = ()
    rule: Id | None = None
    rule_version: Id | None = None
    since_ms: Ms | None = None
    until_ms: Ms | None = None
    change: Hash | None = None

    def __post_init__(self) -> None:
        span = (self.since_ms, self.until_ms)
        if not self.ids and self.rule is None and None in span:
            raise ValueError("name ids, a rule, or both since_ms and until_ms: nothing named is not everything")
        if self.ids and (self.rule is not None or span != (None, None)):
            raise ValueError("name ids, or a rule and a span, not both")
        if self.rule_version is not None and self.rule is None:
            raise ValueError("a rule_version needs its rule")
        if self.since_ms is not None and self.until_ms is not None and self.until_ms <= self.since_ms:
            raise ValueError("until_ms must be later than since_ms")


class DoneRecheck(Args, frozen=True):
    """action_id: whose owner says that what it was for is over."""

    action_id: Id
