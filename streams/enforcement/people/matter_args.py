"""Arguments of commands on cases, appeals and reports."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from streams.enforcement.people.args import Args, Id, Ids, Ms, Subject, Words
from streams.enforcement.people.roles import COUNTER_NOTICE, UNEXPECTED_BEHAVIOUR


class CaseOpen(Args, frozen=True):
    """A case of one's own. restricted: child safety's alone."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    account_id: Id | None = None
    clause: Id | None = None
    alerts: Annotated[tuple[Id, ...], msgspec.Meta(max_length=100)] = ()
    restricted: bool = False


class CaseAssign(Args, frozen=True):
    """to: a person's name."""

    case: Id
    to: Id


class CaseNote(Args, frozen=True):
    """text: for those who work on it."""

    case: Id
    text: Words


class CaseClose(Args, frozen=True):
    """Dispositions become labels: violation and victim say that the alerts were right, no_violation that not."""

    cases: Ids
    disposition: Literal["violation", "no_violation", "victim", "duplicate", "unclear"]


class CaseInform(Args, frozen=True):
    """Let the owners of contained accounts be told."""

    case: Id


class AppealAdd(Args, frozen=True):
    """What an owner says against an action. outside_id: what another system calls the appeal, which tells a repeated
    one.
    """

    action_id: Id
    appealed_by: Id
    appeal_reason: Words
    appealed_ms: Ms | None = None
    outside_id: Id | None = None


class AppealAssign(Args, frozen=True):
    """to: a person's name."""

    appeal: Id
    to: Id


class AppealAnswer(Args, frozen=True):
    """outcome: the action stands, or it is to be undone; text: to the owner."""

    appeal: Id
    outcome: Literal["upheld", "overturned"]
    text: Words


class ReportAdd(Args, frozen=True):
    """What somebody reports. matter: what is urgent whoever says it; account_id: where it is known already;
    subject_ref: what it is about, an address or a text, where it is not.
    """

    kind: Literal["violation", "unexpected_behaviour", "counter_notice"]
    reporter_id: Id
    text: Words
    subject_ref: Subject | None = None
    account_id: Id | None = None
    clause: Id | None = None
    matter: Literal["intimate_imagery", "minors", "threat_to_life"] | None = None

    def __post_init__(self) -> None:
        if self.kind == UNEXPECTED_BEHAVIOUR and self.clause is not None:
            raise ValueError("unexpected behaviour of a model breaks no clause")
        if self.kind == COUNTER_NOTICE and self.matter is not None:
            raise ValueError("a counter-notice is no urgent matter")


class ReportLink(Args, frozen=True):
    """account_id: whom it is about."""

    report: Id
    account_id: Id


class ReportAnswer(Args, frozen=True):
    """text: to whoever reported."""

    report: Id
    text: Words
