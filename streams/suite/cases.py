"""What is run: a simulated cloud or stored events, with labels; a part of the honest as sham injections."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from streams.enforcement.facts_record import facts_from
from streams.enforcement.policy.facts import Facts
from streams.history.judging import LABELS
from streams.history.reading import Reading
from streams.local.simulated import SimulatedFeed
from streams.local.source import Feed, FileFeed
from streams.session import Input
from streams.settings import Settings
from streams.simulator import Cloud
from streams.simulator.facts import as_ndjson
from streams.suite.overlay import Divided

NAMED: dict[str, pl.DataType] = {
    **LABELS, "name": pl.String(), "api_key_id": pl.String(), "end_user_id": pl.String(), "victim": pl.Boolean(),
}  # fmt: skip
"""Labels with the name of what is done, which key or end user does it, and whether the holder is its victim; each line
has a number of its own."""

SHAM_SHARE = 0.2
"""Of honest accounts that are injected like a campaign."""


@dataclass(frozen=True)
class Case:
    """One run. calm: honest accounts of one source; sham: those of them, drawn by lot, that go through the overlay;
    begin_ms: nothing happens before.

    facts: what the operator knows of the accounts; without any a person comes first, as policy says.
    """

    name: str
    feeds: Sequence[Feed]
    labels: pl.DataFrame
    calm: pl.Series
    sham: pl.Series
    begin_ms: int
    facts: Sequence[Facts] = field(default=())


def simulated(seed: int, accounts: int, hours: float) -> Case:
    """A cloud whose campaigns, and some of whose honest accounts, are laid over the rest. Raises ValueError."""
    cloud = Cloud(seed, hours=hours, accounts=accounts)
    labels = _numbered(cloud.label_frame().with_columns(pl.col("clause").replace({"": None})))
    calm = labels.filter(pl.col("clause").is_null())["account_id"]
    sham = _some(calm, seed)
    feeds = Divided(SimulatedFeed(cloud), pl.concat([_guilty(labels), sham])).sides
    return Case(f"seed {seed}", feeds, labels, calm, sham, cloud.span[0], _facts(cloud))


def stored(files: Sequence[str], labels: pl.DataFrame, honest: Sequence[str], settings: Settings, seed: int) -> Case:
    """Labelled events laid over others that are honest by assumption. labels: as LABELS, of `files`.

    Every account of `honest` is taken for honest from its first event to its last; all times stay as they are.
    Raises Unreadable, TooManyBad, InputRefused.
    """
    theirs = _spans(honest, settings).join(labels, on="account_id", how="anti")
    whole = _numbered(pl.concat([labels, theirs], how="diagonal"))
    # Honest accounts of another file differ in more than the overlay: shams are set beside those of their own.
    calm = (theirs if honest else labels.filter(pl.col("clause").is_null()))["account_id"]
    sham = _some(calm, seed)
    laid = [FileFeed(Path(name)) for name in files] if honest else []
    background = [Divided(FileFeed(Path(name)), sham) for name in honest or files]
    feeds = [side for one in background for side in one.sides]
    begin = int(whole["start"].min() or 0)  # type: ignore[arg-type]
    return Case("files", [*feeds, *laid], whole, calm, sham, begin)


def _numbered(labels: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, kind).alias(name) for name, kind in NAMED.items() if name not in labels.columns]
    whole = labels.with_columns(missing).with_columns(
        line=pl.int_range(pl.len(), dtype=pl.Int64), name=pl.coalesce("name", "clause"),
        victim=pl.col("victim").fill_null(False),
    )  # fmt: skip
    return whole.select(pl.col(name).cast(kind) for name, kind in NAMED.items())


def _guilty(labels: pl.DataFrame) -> pl.Series:
    return labels.filter(pl.col("clause").is_not_null())["account_id"].unique(maintain_order=True)


def _some(accounts: pl.Series, seed: int) -> pl.Series:
    """A share of accounts, drawn by lot: then nothing but the overlay can set them apart."""
    each = accounts.unique().sort()
    chosen = np.random.default_rng([seed, 1]).permutation(len(each))[: round(len(each) * SHAM_SHARE)]
    return each.gather(np.sort(chosen))


def _facts(cloud: Cloud) -> list[Facts]:
    lines = b"".join(as_ndjson(frame) for frame in cloud.facts()).splitlines()
    return [facts_from(json.loads(line), cloud.span[0]) for line in lines]


def _spans(files: Sequence[str], settings: Settings) -> pl.DataFrame:
    """Each account of these files with its first and last event, as labels of honest accounts."""
    empty = pl.DataFrame(schema={"account_id": pl.String, "start": pl.Int64, "end": pl.Int64})
    found = pl.concat([empty, *_seen(files, settings)]) if files else empty
    ends = found.group_by("account_id").agg(pl.col("start").min(), pl.col("end").max()).sort("account_id")
    return ends.with_columns(clause=pl.lit(None, pl.String))


def _seen(files: Sequence[str], settings: Settings) -> Iterable[pl.DataFrame]:
    for frame in Reading(Input(tuple(files)), (), settings).frames():
        named = frame.drop_nulls("account_id")
        yield named.group_by("account_id").agg(start=pl.col("time").min(), end=pl.col("time").max())
