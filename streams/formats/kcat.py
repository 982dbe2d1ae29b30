"""Kafka messages, as `kcat -J` prints them or as a consumer has them: headers and value → cloud events.

In binary mode the attributes are headers (ce_…) and the value is the data; else the value is the whole event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from streams.dead_letters import Fault, Reason
from streams.formats.objects import Read
from streams.formats.pairs import spread

FIELDS = {"headers": pl.List(pl.String()), "payload": pl.String(), "topic": pl.String()}
"""What is read of a message that kcat printed."""

NAMES = ("topic", "partition", "offset", "tstype", "ts", "broker", "headers", "key", "payload")
"""The keys that kcat prints."""

Message = tuple[Sequence[tuple[str, bytes]], bytes | None]
"""Headers and value, as Kafka's clients give them."""

Reader = Callable[[pl.DataFrame], Read]
"""Reads payloads: `record` and `text`, none of them blank."""

_PREFIX = "ce_"
_BLANK = " \t\r\n"


@dataclass(frozen=True)
class Messages:
    """Messages: which `record` each is, its `payload` text, and header pairs by `owner`, the message's place.

    faults: of messages whose payload is no text; theirs is null.
    """

    frame: pl.DataFrame
    headers: pl.DataFrame
    faults: Sequence[Fault] = ()


def printed(frame: pl.DataFrame) -> Messages:
    """Of lines that kcat printed: headers stand there as name, value, name, value …"""
    even = pl.col("headers").list.head(pl.col("headers").list.len() // 2 * 2)
    pairs = frame.select(
        owner=pl.int_range(pl.len()), key=even.list.gather_every(2, 0), value=even.list.gather_every(2, 1)
    )
    some = pairs.filter(pl.col("key").list.len() > 0)
    return Messages(frame.select("record", "payload"), some.explode("key", "value"))


def consumed(messages: Sequence[Message]) -> Messages:
    """Of (headers, value) pairs, as Kafka's clients give them."""
    payloads: list[str | None] = []
    faults: list[Fault] = []
    for n, (_, value) in enumerate(messages):
        try:
            payloads.append(None if value is None else value.decode())
        except UnicodeDecodeError as error:
            payloads.append(None)
            faults.append(Fault(n, Reason.NOT_UTF8, f"{error}; send the value as UTF-8"))
    frame = pl.DataFrame({"record": range(len(payloads)), "payload": payloads},
                         {"record": pl.Int64, "payload": pl.String})  # fmt: skip
    named = [(n, name, value.decode(errors="replace")) for n, (headers, _) in enumerate(messages)
             for name, value in headers]  # fmt: skip
    pairs = pl.DataFrame(named, {"owner": pl.Int64, "key": pl.String, "value": pl.String}, orient="row")
    return Messages(frame, pairs, faults)


def opened(messages: Messages, attributes: Sequence[str], whole: Reader, data: Reader) -> Read:
    """The events in messages: texts by path, tied by `record`. whole, data: how to read values of either kind."""
    names = [_PREFIX + name for name in attributes]
    told = spread(messages.headers, names, messages.frame.height)
    binary = told[_PREFIX + "specversion"].is_not_null()
    attributed = told.select(pl.col(n).alias("/" + n.removeprefix(_PREFIX)) for n in names)
    bad = pl.col("record").is_in([fault.record for fault in messages.faults])
    structured = _read(messages.frame.filter(~binary & ~bad), whole)
    bodies = _read(messages.frame.filter(binary & ~bad).with_columns(pl.col("payload").fill_null("{}")), data)
    heads = messages.frame.select("record").hstack(attributed).filter(binary)
    joined = heads.join(bodies.frame, on="record", how="inner", maintain_order="left")
    frame = pl.concat([structured.frame, joined], how="diagonal")
    return Read(frame, [*messages.faults, *structured.faults, *bodies.faults], messages.frame.height)


def _read(frame: pl.DataFrame, reader: Reader) -> Read:
    """Payloads read as records; what is found is tied to the messages' own records."""
    blank = (pl.col("payload").str.strip_chars(_BLANK) == "").fill_null(True)
    empty = [Fault(n, Reason.BLANK, "the message is empty") for n in frame.filter(blank)["record"].to_list()]
    found = reader(frame.filter(~blank).select("record", text="payload"))
    return Read(found.frame, empty + found.faults, frame.height)
