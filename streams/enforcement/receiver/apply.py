"""The desired state of all accounts, kept in a SQLite file: each message is applied once, in one transaction."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.alert_lines import rfc3339
from streams.enforcement.receiver.message import Asked, Message, Refused, asked

_PATIENCE_S = 10.0  # for another request's transaction

_SCHEMA = """
create table if not exists messages (
    id text primary key, body_hash blob not null, answer text not null, applied_at integer not null);
create table if not exists versions (account_id text primary key, version integer not null);
create table if not exists desired (
    action_id text primary key, account_id text not null, expires_ms integer, action text not null);
create table if not exists effects (
    number integer primary key, message_id text not null unique, type text not null, subject text not null,
    action_id text, state text, rung text, applied_at integer not null, unique (action_id, state));
"""


class DataRefused(Exception):
    """A data file that cannot be used; its text says which and why."""


@dataclass(frozen=True)
class Effect:
    """One thing that was done. action_id, state, rung: empty for what is no action; applied_ms: since 1970."""

    message_id: str
    type: str
    subject: str
    action_id: str
    state: str
    rung: str
    applied_ms: int


class Desired:
    """What is in force, by the messages that came. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with closing(self._connect()) as connection:
                connection.execute("pragma journal_mode = wal")
                connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise DataRefused(f"{path}: cannot be used as the receiver's data: {error}") from None

    def apply(self, message: Message, body: bytes, if_match: int | None, now_ms: int) -> dict[str, Any]:
        """Apply a message, or give the answer of its first time. Raises Refused (412, 422), sqlite3.Error."""
        hashed = hashlib.sha256(body).digest()
        with self._transaction() as connection:
            found = connection.execute("select body_hash, answer from messages where id = ?", (message.id,)).fetchone()
            if found is not None:
                return _earlier(found, hashed)
            answer = _applied(connection, message, if_match, now_ms)
            kept = (message.id, hashed, json.dumps(answer), now_ms)
            connection.execute("insert into messages values (?, ?, ?, ?)", kept)
            return answer

    def in_force(self, now_ms: int) -> list[dict[str, Any]]:
        """The actions in force now, ordered by their ids."""
        asked_for = "select action from desired where expires_ms is null or expires_ms > ? order by action_id"
        with closing(self._connect()) as connection:
            return [json.loads(action) for (action,) in connection.execute(asked_for, (now_ms,))]

    def effects(self) -> list[Effect]:
        """Everything that was done, in order."""
        asked_for = ("select message_id, type, subject, coalesce(action_id, ''), coalesce(state, ''), "
                     "coalesce(rung, ''), applied_at from effects order by number")  # fmt: skip
        with closing(self._connect()) as connection:
            return [Effect(*row) for row in connection.execute(asked_for)]

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_PATIENCE_S, isolation_level=None)
        connection.execute("pragma synchronous = full")
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One that begins as a writer, so that two of the same id come one after the other."""
        with closing(self._connect()) as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")


def _earlier(found: tuple[bytes, str], hashed: bytes) -> dict[str, Any]:
    if found[0] != hashed:
        raise Refused(422, "this id came with another body before")
    answer: dict[str, Any] = json.loads(found[1])
    return answer | {"repeated": True}


def _applied(connection: sqlite3.Connection, message: Message, if_match: int | None, now_ms: int) -> dict[str, Any]:
    if not message.is_action:
        _note(connection, message, None, now_ms)
        return {"applied": True}
    wanted = asked(message)
    _check(connection, wanted, if_match, now_ms)
    if wanted.state == "lifted":
        connection.execute("delete from desired where action_id = ?", (wanted.action_id,))
    else:
        _put(connection, wanted)
    version = "insert into versions values (?, ?) on conflict do update set version = max(version, excluded.version)"
    connection.execute(version, (wanted.target.account_id, wanted.version))
    _note(connection, message, wanted, now_ms)
    return {"applied": True, "action_id": wanted.action_id, "state": wanted.state, "version": wanted.version}


def _check(connection: sqlite3.Connection, wanted: Asked, if_match: int | None, now_ms: int) -> None:
    if if_match is not None and if_match != wanted.version:
        raise Refused(422, f"If-Match {if_match} is not data.version {wanted.version}")
    found = connection.execute("select version from versions where account_id = ?", (wanted.target.account_id,))
    known = next((version for (version,) in found), 0)
    if wanted.version < known:
        raise Refused(412, f"version {wanted.version} is older than {known}, which is known here")
    done = "select 1 from effects where action_id = ? and state in (?, 'lifted')"
    if connection.execute(done, (wanted.action_id, wanted.state)).fetchone() is not None:
        raise Refused(412, f"action {wanted.action_id} was {wanted.state} or lifted before")
    if wanted.state == "requested" and wanted.not_after is not None and wanted.not_after.timestamp() * 1000 < now_ms:
        raise Refused(422, "it is past its not_after")


def _put(connection: sqlite3.Connection, wanted: Asked) -> None:
    target = {"kind": wanted.target.kind, "account_id": wanted.target.account_id, "id": wanted.target.id}
    expires_ms = None if wanted.expires_at is None else round(wanted.expires_at.timestamp() * 1000)
    action = {
        "action_id": wanted.action_id, "rung": wanted.rung, "target": target, "version": wanted.version,
        "reason": wanted.reason, "expires_at": None if expires_ms is None else rfc3339(expires_ms),
    }  # fmt: skip
    row = (wanted.action_id, wanted.target.account_id, expires_ms, json.dumps(action))
    connection.execute("insert into desired values (?, ?, ?, ?)", row)


def _note(connection: sqlite3.Connection, message: Message, wanted: Asked | None, now_ms: int) -> None:
    about = (None, None, None) if wanted is None else (wanted.action_id, wanted.state, wanted.rung)
    row = (message.id, message.type, message.subject, *about, now_ms)
    connection.execute("insert into effects (message_id, type, subject, action_id, state, rung, applied_at) "
                       "values (?, ?, ?, ?, ?, ?, ?)", row)  # fmt: skip
