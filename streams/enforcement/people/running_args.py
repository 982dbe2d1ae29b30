"""Arguments of commands on how enforcement itself is run."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

import msgspec

from streams.enforcement.people.args import MOST_TARGETS, Args, Hash, Id, Ms, Scopes, Share
from streams.enforcement.people.person import NAME_RULE, is_name
from streams.enforcement.people.roles import Role


class Switching(Args, frozen=True):
    """Which scopes to stop or let go on: `all`, `rung:…`, `rule:…`, `clause:…`."""

    scopes: Scopes


class RulePromote(Args, frozen=True):
    """share: of accounts, for a canary. override: although its gates are not met, which ends at until_ms."""

    rule: Id
    rule_version: Id
    stage: Literal["canary", "live"]
    share: Share | None = None
    override: bool = False
    until_ms: Ms | None = None

    def __post_init__(self) -> None:
        if (self.stage == "canary") != (self.share is not None):
            raise ValueError("a canary, and nothing else, has a share of accounts (above 0, up to 1)")
        if self.override != (self.until_ms is not None):
            raise ValueError("an override, and nothing else, ends at until_ms")


class RuleDemote(Args, frozen=True):
    """Back to a lower stage."""

    rule: Id
    stage: Literal["shadow", "canary"] = "shadow"


class PeopleAdd(Args, frozen=True):
    """public_key: Ed25519, base64 of 32 bytes."""

    name: str
    public_key: str
    roles: Annotated[list[Role], msgspec.Meta(min_length=1, max_length=len(Role))]

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise ValueError(f"a person's name is {NAME_RULE}")
        if not _is_key(self.public_key):
            raise ValueError("public_key is no base64 of 32 bytes")


class PeopleRevoke(Args, frozen=True):
    """name: of the person whose signature counts no longer."""

    name: Id


class BudgetClose(Args, frozen=True):
    """Which breaker to close: `all`, `rule:…` or `clause:…` of a purse."""

    purse: Id
    scope: Id


class FactsImport(Args, frozen=True):
    """sha256: of the file; accounts: how many it tells about."""

    sha256: Hash
    accounts: Annotated[int, msgspec.Meta(ge=1)]


class Unlisting(Args, frozen=True):
    """was_ms: how long the account is on the allow list now; until_ms: how long it is to be, absent: no longer."""

    account_id: Id
    was_ms: Ms
    until_ms: Ms | None = None


class FactsUnlist(Args, frozen=True):
    """sha256: of the file of facts that says so."""

    sha256: Hash
    accounts: Annotated[list[Unlisting], msgspec.Meta(min_length=1, max_length=MOST_TARGETS)]


class HoldRelease(Args, frozen=True):
    """hold: a legal hold's id."""

    hold: Id


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except ValueError:
        return False
