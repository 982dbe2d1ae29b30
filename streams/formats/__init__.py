"""Other people's events → ours, a module each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from streams.codec import Decoded
from streams.formats import access_log, native


class Reader(Protocol):
    """Makes events of lines, as a codec does."""

    def decode(self, lines: bytes) -> Decoded: ...


class Opener(Protocol):
    """Makes a reader for the columns a pack reads; `account_field` names what stands for the account."""

    def __call__(
        self, columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None
    ) -> Reader: ...


@dataclass(frozen=True)
class Format:
    """A format of lines: what it is, what of it is lost, and how to read it."""

    name: str
    summary: str
    losses: tuple[str, ...]
    reader: Opener


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format("native", native.SUMMARY, native.LOSSES, native.reader),
        Format("access-log", access_log.SUMMARY, access_log.LOSSES, access_log.reader),
    )
}
"""Every format by the name it is asked for."""
