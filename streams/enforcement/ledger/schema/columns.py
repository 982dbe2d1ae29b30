"""What columns are made of, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

METADATA = sa.MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_N_name)s",
})  # fmt: skip

_OPEN = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows only in INTEGER PRIMARY KEY


def serial(name: str) -> sa.Column[int]:
    """A number that the database gives, rising."""
    return sa.Column(name, _SERIAL, primary_key=True, autoincrement=True)


def key(name: str) -> sa.Column[str]:
    """A part of the primary key."""
    return sa.Column(name, sa.String, primary_key=True)


def text(name: str, *, index: bool = False) -> sa.Column[str]:
    """An id or a word, always there."""
    return sa.Column(name, sa.String, nullable=False, index=index)


def words(name: str) -> sa.Column[str | None]:
    """What a person wrote, or an id that may be missing."""
    return sa.Column(name, sa.Text)


def moment(name: str, *, needed: bool = True, index: bool = False) -> sa.Column[int]:
    """A time in ms, or a span."""
    return sa.Column(name, sa.BigInteger, nullable=not needed, index=index)


def number(name: str, *, needed: bool = True) -> sa.Column[int]:
    """A whole number."""
    return sa.Column(name, sa.BigInteger, nullable=not needed)


def flag(name: str) -> sa.Column[bool]:
    """True or false."""
    return sa.Column(name, sa.Boolean, nullable=False)


def shape(name: str) -> sa.Column[Any]:
    """JSON."""
    return sa.Column(name, _OPEN)
