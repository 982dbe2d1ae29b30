"""Other people's events → ours, a module each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from streams.codec import Decoded
from streams.formats import access_log, cloudevents, dcgm, falco, litellm, native, otel_genai
from streams.formats.field_map import MapRefused
from streams.formats.taken import Taken


class Reader(Protocol):
    """Makes events of lines, as a codec does."""

    def decode(self, lines: bytes) -> Decoded: ...


@runtime_checkable
class Explained(Reader, Protocol):
    """A reader that can say where it takes columns from."""

    taken: Sequence[Taken]


class Opener(Protocol):
    """Makes a reader for the columns a pack reads; `account_field` names what stands for the account."""

    def __call__(
        self, columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None
    ) -> Reader: ...


class MapOpener(Opener, Protocol):
    """Makes a reader that follows a field map where one is given."""

    def __call__(
        self, columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None,
        field_map: Path | None = None,
    ) -> Reader: ...  # fmt: skip


@dataclass(frozen=True)
class Format:
    """A format of lines: what it is, what of it is lost, and how to read it.

    taken: where columns come from. dropped: keys that are known and never read. maps: where a field map is taken.
    """

    name: str
    summary: str
    losses: tuple[str, ...]
    reader: Opener
    taken: tuple[Taken, ...] = ()
    dropped: tuple[str, ...] = ()
    maps: MapOpener | None = None


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format("native", native.SUMMARY, native.LOSSES, native.reader),
        Format("cloudevents", cloudevents.SUMMARY, cloudevents.LOSSES, cloudevents.reader, cloudevents.ENVELOPED,
               maps=cloudevents.reader),
        Format("otel-genai", otel_genai.SUMMARY, otel_genai.LOSSES, otel_genai.reader, otel_genai.TAKEN,
               otel_genai.CONTENT),
        Format("litellm", litellm.SUMMARY, litellm.LOSSES, litellm.reader, litellm.TAKEN, litellm.SHAPE.dropped),
        Format("falco", falco.SUMMARY, falco.LOSSES, falco.reader, falco.TAKEN),
        Format("dcgm", dcgm.SUMMARY, dcgm.LOSSES, dcgm.reader, dcgm.TAKEN),
        Format("access-log", access_log.SUMMARY, access_log.LOSSES, access_log.reader),
    )
}  # fmt: skip
"""Every format by the name it is asked for."""


class FormatRefused(Exception):
    """A format that cannot be read as asked: its text names the option and what to do."""


def open_reader(name: str, columns: Iterable[str], hash_key: str, account_field: str | None = None,
                field_map: str | None = None) -> Reader:  # fmt: skip
    """The reader of a format, by what the command line says. Raises FormatRefused."""
    if name not in FORMATS:
        raise FormatRefused(f"unknown format {name}; there are {', '.join(FORMATS)}")
    form = FORMATS[name]
    if field_map is not None and form.maps is None:
        able = ", ".join(one.name for one in FORMATS.values() if one.maps is not None)
        raise FormatRefused(f"--map: {name} takes no field map; only {able} does")
    try:
        if form.maps is not None:
            return form.maps(columns, hash_key, account_field, Path(field_map) if field_map is not None else None)
        return form.reader(columns, hash_key, account_field)
    except MapRefused as error:
        raise FormatRefused(f"--map:\n{error}") from None
    except ValueError as error:
        raise FormatRefused(f"--account-field: {error}") from None
