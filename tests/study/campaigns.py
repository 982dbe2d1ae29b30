"""The simulator's campaigns, and as many of its honest accounts, over real accounts of the same product."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import polars_hash  # noqa: F401  # brings .nchash
from study.hosts import Hosts
from study.laid import LABELLED, Laid
from study.parts import START
from study.traces import IMAGES, PODS, WEB

from features.ticks import DAY_MS
from streams.simulator import Cloud
from streams.suite.overlay import divided

ACCOUNTS, ABUSE, HOURS = 900, 0.25, 30.0
"""Of the cloud that campaigns are taken from: some three of each kind, long enough for the slow ones."""

FEWEST = 300
"""Of a cloud that is only to show that all goes well."""

SHAMS = 40
"""Honest accounts of that cloud, which are laid over others by the same code."""

MADE = "semi-synthetic"
SHAM = "sham: an honest simulated account"


def campaigns(seed: int, hosts: Hosts, accounts: int = ACCOUNTS) -> Laid:
    """Every guilty account, and SHAMS honest ones, over hosts of their products; clusters move as one.

    Accounts that sign up in the run join the cloud by themselves: nobody was there before them.
    """
    cloud = Cloud(seed, start=START, hours=HOURS, accounts=accounts, abuse_share=ABUSE)
    truths = _truths(cloud, seed)
    events = _events(cloud, truths["account_id"].unique())
    placed = _placed(events, truths, hosts)
    moved = placed.select("account_id", "onto", "plan", "days")
    homeless = truths["account_id"].n_unique() - moved.height
    return Laid(_moved(events, moved), _named(truths, moved), MADE, homeless)


def _truths(cloud: Cloud, seed: int) -> pl.DataFrame:
    """The guilty, and some honest accounts, drawn by a hash."""
    labels = cloud.label_frame().with_columns(clause=pl.col("clause").replace({"": None}))
    guilty, honest = labels.drop_nulls("clause"), labels.filter(pl.col("clause").is_null())
    lot = pl.concat_str(pl.lit(f"sham {seed} "), "account_id").nchash.xxhash64()  # type: ignore[attr-defined]
    some = honest.sort(lot, "account_id").head(SHAMS)
    return pl.concat([guilty, some.with_columns(name=pl.lit(SHAM))])


def _events(cloud: Cloud, accounts: pl.Series) -> pl.DataFrame:
    lines = b"".join(divided(cloud.block(number), accounts)[1] for number in range(cloud.blocks))
    events = pl.read_ndjson(lines, infer_schema_length=None)
    return events.with_columns(pl.col("time").str.to_datetime(time_unit="ms", time_zone="UTC").dt.epoch("ms"))


def _placed(events: pl.DataFrame, truths: pl.DataFrame, hosts: Hosts) -> pl.DataFrame:
    """account_id, onto, plan and how many days later: those of a kind together, on the day of the kind's first host.

    Who finds no host any more stays out; shams come last.
    """
    named = truths.group_by("account_id").agg(pl.col("name").first(), pl.col("clause").first())
    each = _products(events).join(named, on="account_id").sort(pl.col("clause").is_null(), "name", "account_id")
    return pl.concat(list(_by_kind(each, hosts)))


def _products(events: pl.DataFrame) -> pl.DataFrame:
    """Whose product each account's use is most like: fetches are a site's, machines are pods, the rest asks models."""
    has = {kind: (pl.col("type") == kind).any() for kind in ("signup", "fetch", "compute")}
    of = events.group_by("account_id").agg(**has)
    plan = (
        pl.when("fetch").then(pl.lit(WEB.plan)).when("compute").then(pl.lit(PODS.plan)).otherwise(pl.lit(IMAGES.plan))
    )
    return of.select("account_id", product=plan, joins="signup")


def _by_kind(each: pl.DataFrame, hosts: Hosts) -> Iterator[pl.DataFrame]:
    for _, some in each.group_by("name", "product", "joins", maintain_order=True):
        product, joins = some["product"][0], some["joins"][0]
        if joins:
            yield some.select("account_id", onto="account_id", plan="product", days=pl.lit(0, pl.Int64))
            continue
        found = hosts.take(product, some.height)
        late = 0 if found.is_empty() else int((found["since"][0] - START) // DAY_MS)
        placed = pl.concat(
            [some.head(found.height).select("account_id"), found.select("onto", "plan")], how="horizontal"
        )
        yield placed.with_columns(days=pl.lit(late, pl.Int64))


def _moved(events: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    theirs = events.drop("plan").join(placed, on="account_id", how="inner", maintain_order="left")
    return theirs.with_columns(account_id=pl.col("onto"), time=pl.col("time") + pl.col("days") * DAY_MS).drop(
        "onto", "days"
    )


def _named(truths: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    theirs = truths.join(placed, on="account_id", how="inner", maintain_order="left")
    later = [(pl.col(name) + pl.col("days") * DAY_MS).alias(name) for name in ("start", "end")]
    return theirs.with_columns(*later, account_id=pl.col("onto")).select(*LABELLED, "start", "end")
