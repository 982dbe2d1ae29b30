"""Alerts read back from their JSON lines; a line is trusted no further than its schema."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from detectors.alert import SEVERITIES, Alert, Evidence, alert_id
from features.arrivals import SEPARATOR
from features.cluster_catalog import CLUSTER
from features.event import ENTITY_COLUMNS, IDENTITY_LENGTH
from features.ticks import TICK_MS

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=IDENTITY_LENGTH)]
_Text = Annotated[str, msgspec.Meta(max_length=512)]
_Moment = datetime
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class AlertRefused(Exception):
    """A record on an alerts topic, or a line, that is no alert; its text says why."""


class _Entity(msgspec.Struct):
    kind: str
    id: _Id
    account_id: _Id | None = None


class _Evidence(msgspec.Struct):
    condition: str
    operator: str
    value: Any = None
    threshold: Any = None
    feature: str | None = None
    unit: str = ""
    span_ms: int | None = None
    clear_value: float | None = None
    clear_inclusive: bool = False
    clear_threshold: float | None = None
    peer_share: float | None = None
    peer_plan: str | None = None
    peer_as_of: _Moment | None = None
    moved: float | None = None
    usual: float | None = None


class _Alert(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
    revision: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    detector: _Id
    title: _Text
    clause: _Id
    severity: str
    entity: _Entity
    time: _Moment
    episode_start: _Moment
    tick: _Count
    trigger: _Count
    signals: Annotated[list[str], msgspec.Meta(max_length=16)]
    runbook: _Text
    pack: _Id
    plan: Annotated[str, msgspec.Meta(max_length=IDENTITY_LENGTH)] | None = None
    evidence: Annotated[list[_Evidence], msgspec.Meta(max_length=64)] = []
    events: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=8)] = []
    end_users: Annotated[list[_Id], msgspec.Meta(max_length=8)] = []
    victim: str | None = None
    knowledge: str | None = None
    rule_version: Annotated[str, msgspec.Meta(max_length=64)] = ""
    accounts: Annotated[list[_Id], msgspec.Meta(max_length=64)] = []


_DECODER = msgspec.json.Decoder(_Alert)


def read_alert(line: bytes | str, restricted: bool) -> Alert:
    """The alert in a line that `as_line` wrote; restricted: which topic or file it is from. Raises AlertRefused."""
    try:
        one = _DECODER.decode(line)
        alert = _alert(one, restricted)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError, TypeError) as error:
        raise AlertRefused(str(error)[:200]) from None
    if one.severity not in SEVERITIES:
        raise AlertRefused("its severity is none")
    wrong = _entity_flaw(one)
    if wrong is not None:
        raise AlertRefused(wrong)
    if alert.id != alert_id(alert.detector, alert.kind, alert.entity, alert.start_tick):
        raise AlertRefused("its id is not the one that its rule, entity and start make")
    return alert


def _entity_flaw(one: _Alert) -> str | None:
    """What is wrong with whom it is about; None: nothing."""
    if one.entity.kind == CLUSTER:
        sound = one.entity.account_id is None and SEPARATOR not in one.entity.id
        return None if sound else "its entity is a cluster, and named as an account's"
    if one.entity.kind not in ENTITY_COLUMNS:
        return "its entity's kind is none"
    if one.entity.account_id is None:
        return f"its entity is of kind {one.entity.kind}, and names no account"
    return "it names accounts, and is about no cluster" if one.accounts else None


def _alert(one: _Alert, restricted: bool) -> Alert:
    entity = one.entity
    whole = entity.kind in ("account", CLUSTER)
    joined = entity.id if whole else SEPARATOR.join((entity.account_id or "", entity.id))
    return Alert(
        id=one.id, revision=one.revision, detector=one.detector, title=one.title, clause=one.clause,
        severity=one.severity, kind=entity.kind, entity=joined, plan=one.plan,
        start_tick=_ms(one.episode_start) // TICK_MS, tick=one.tick, time=_ms(one.time), trigger=one.trigger,
        signals=tuple(one.signals), runbook=one.runbook, pack=one.pack,
        evidence=tuple(map(_evidence, one.evidence)), events=tuple(map(_event, one.events)),
        end_users=tuple(one.end_users), victim=one.victim, knowledge=one.knowledge, restricted=restricted,
        rule_version=one.rule_version, accounts=tuple(one.accounts),
    )  # fmt: skip


def _evidence(one: _Evidence) -> Evidence:
    fields = msgspec.structs.asdict(one)
    as_of = one.peer_as_of
    return Evidence(**{**fields, "peer_as_of": None if as_of is None else _ms(as_of)})


def _event(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "time": _ms(datetime.fromisoformat(str(one["time"])))} if "time" in one else one


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
