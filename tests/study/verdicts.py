"""People's verdicts on real prompts, on real accounts that ask for images: half of them told as of answers."""

from __future__ import annotations

import polars as pl
from study.flows import REAL
from study.hosts import Hosts
from study.laid import Laid, spans
from study.parts import Part, entities_of
from study.traces import DATA, IMAGES, ndjson

from streams.pack import Pack

FILE = "moderation_labels_dev.ndjson.gz"
TAXONOMY = "openai"
"""Its words are those of this one."""


def verdicts(part: Part, hosts: Hosts, pack: Pack) -> list[Laid]:
    """A made-up account's verdicts go to one host each, in their own pace from its first event on.

    The source has positive verdicts alone, and does not say what was done about them: each is told as flagged. It has
    prompts alone: half are told as such, half as answers, since the two are judged differently.
    """
    events = ndjson(DATA / FILE).filter(entities_of(part, "account_id"))
    who = events["account_id"].unique().sort().to_frame()
    chosen = hosts.take(IMAGES.plan, who.height).select("onto", "since", "plan")
    each = pl.concat([who.head(chosen.height), chosen], how="horizontal").with_row_index("n")
    placed = events.join(each, on="account_id", maintain_order="left").with_columns(
        time=pl.col("since") + pl.col("time") - pl.col("time").min().over("account_id"), account_id=pl.col("onto"),
        direction=pl.when(pl.col("n") % 2 == 0).then(pl.lit("prompt")).otherwise(pl.lit("answer")),
        taxonomy=pl.lit(TAXONOMY), outcome=pl.lit("flagged"),
    ).drop("since", "onto", "n")  # fmt: skip
    return [_laid(placed.filter(direction=one), one, pack) for one in ("prompt", "answer")]


def _laid(events: pl.DataFrame, direction: str, pack: Pack) -> Laid:
    """A truth for each clause that an account's labels mean; labels that mean none break none."""
    meant, _ = pack.labels.told(events.with_columns(version=pl.lit(None, pl.String), clause=pl.lit(None, pl.String)))
    broken = meant.drop_nulls("clause").select("account_id", "clause").unique().sort("account_id", "clause")
    truths = broken.join(spans(events), on="account_id", maintain_order="left")
    return Laid(events, truths.with_columns(name=pl.lit(f"verdicts on {direction}s")), REAL)
