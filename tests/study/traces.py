"""The real traces as honest background: native events, those of one trace of one plan, since they are one product."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from study.parts import Part, part_of, timed

from features.event import COLUMNS
from streams.history.reading import Reading
from streams.session import Input
from streams.settings import Settings

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
_FETCH = ("direction", "method", "path", "status", "bytes_out", "referrer", "user_agent")


@dataclass(frozen=True)
class Trace:
    """A file of the traces; plan: what the study calls its accounts' plan."""

    file: str
    plan: str
    format: str = "native"


PODS, IMAGES, WEB, CHAT = (
    Trace("gentd26_pods.ndjson.gz", "pods"), Trace("gentd26_requests.ndjson.gz", "images"),
    Trace("apache_access.log.gz", "web", "access-log"), Trace("azure_llm_conv.ndjson.gz", "chat"),
)  # fmt: skip
TRACES = (PODS, IMAGES, WEB, CHAT)


@dataclass(frozen=True)
class Background:
    """A part's honest events by plan (`time`: ms), and what is to be told of each trace."""

    events: dict[str, pl.DataFrame]
    about: list[dict[str, object]]


def background(part: Part) -> Background:
    """The part of every trace that has anything in it."""
    found, about = dict[str, pl.DataFrame](), list[dict[str, object]]()
    for trace in TRACES:
        whole = read(trace)
        mine = part_of(whole, part).with_columns(plan=pl.lit(trace.plan))
        about.append({"trace": trace.file, "events": mine.height, "accounts": mine["account_id"].n_unique(),
                      "by_time": timed(whole)})  # fmt: skip
        if mine.height:
            found[trace.plan] = mine
    return Background(found, about)


def read(trace: Trace) -> pl.DataFrame:
    """A trace's events as they were, time in ms, in order of time."""
    path = DATA / trace.file
    if trace.format == "native":
        return ndjson(path)
    frames = Reading(Input((str(path),), format=trace.format), _FETCH, Settings()).frames()
    kept = [frame.select("id", "time", "type", "account_id", *_FETCH) for frame in frames]
    return pl.concat(kept).sort("time", maintain_order=True)


def ndjson(path: Path) -> pl.DataFrame:
    """Native events of a compressed file, time in ms, in order of time."""
    events = pl.read_ndjson(gzip.decompress(path.read_bytes()), infer_schema_length=None)
    at = pl.col("time").str.to_datetime(time_unit="ms", time_zone="UTC").dt.epoch("ms")
    return events.with_columns(at).sort("time", maintain_order=True)


def write(events: pl.DataFrame, path: Path) -> Path:
    """Native events as lines, in order of time; what is null is left out."""
    stamped = pl.from_epoch("time", time_unit="ms").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    ordered = events.sort("time", maintain_order=True).with_columns(stamped).select("id", pl.exclude("id"))
    with path.open("w", encoding="utf-8") as file:
        for block in ordered.iter_slices(50_000):
            file.writelines(_lines(block))
    return path


def _lines(events: pl.DataFrame) -> Iterator[str]:
    known = events.select(name for name in events.columns if name in COLUMNS)
    text = known.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    yield from (text.str.replace_all(r',"\w+":null', "") + "\n").to_list()  # the id comes first, and is there
