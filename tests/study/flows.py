"""CESNET's labelled flows on real pods: miners' on some, honest ones on as many others, equally many on each."""

from __future__ import annotations

import polars as pl
from study.hosts import Hosts
from study.laid import Laid, spans
from study.parts import Part, entities_of
from study.traces import DATA, PODS, ndjson

FILE, LABELS = "cesnet_flows_dev.ndjson.gz", "cesnet_flows_dev.labels.csv"
FLOWS = 12
"""A host's: an hour of a connection that is exported every five minutes, as miners keep one."""

REAL = "real labels"
_GAP_MS = 1_000


def flows(part: Part, hosts: Hosts) -> list[Laid]:
    """A quarter of the pods mine, as far as there are flows for them; as many get honest flows, which are dealt out
    again from the first where they are used up.

    The two kinds were captured on different days, so a flow keeps its length and its place, and nothing of its date.
    """
    events = ndjson(DATA / FILE).filter(entities_of(part, "account_id"))
    told = pl.read_csv(DATA / LABELS).select("account_id", "clause")
    mining = events.join(told.drop_nulls("clause"), on="account_id", how="semi", maintain_order="left")
    honest = events.join(mining, on="account_id", how="anti", maintain_order="left")
    pods = hosts.take(PODS.plan, min(mining.height // FLOWS, hosts.left(PODS.plan) // 4))
    others = hosts.take(PODS.plan, pods.height)
    return [_laid(mining, pods, "cryptomining", "miner's flows", "m"), _laid(honest, others, None, "honest flows", "h")]


def _laid(events: pl.DataFrame, hosts: pl.DataFrame, clause: str | None, name: str, mark: str) -> Laid:
    each = hosts.with_row_index("turn").select(pl.all().repeat_by(FLOWS).explode())
    number = pl.int_range(pl.len()) % max(events.height, 1)
    numbered = events.drop("account_id", "time").with_row_index("flow").cast({"flow": pl.Int64})
    dealt = each.with_row_index("n").with_columns(flow=number).join(numbered, on="flow", maintain_order="left")
    length = pl.col("duration_ms").fill_null(0).cast(pl.Int64) + _GAP_MS
    placed = dealt.with_columns(
        id=pl.lit(f"{mark}-") + pl.col("n").cast(pl.String), account_id=pl.col("onto"),
        time=pl.col("since") + length.cum_sum().over("turn"),
    ).drop("n", "turn", "flow", "since", "onto")  # fmt: skip
    truths = spans(placed).with_columns(clause=pl.lit(clause, pl.String), name=pl.lit(name))
    return Laid(placed, truths, REAL)
