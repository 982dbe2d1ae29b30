"""One part as a case of the suite: real background, what is laid over it, and what an operator would know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from study.campaigns import ACCOUNTS, campaigns
from study.flows import flows
from study.hosts import Hosts
from study.laid import LABELLED, together
from study.parts import START, Part
from study.traces import Background, write
from study.verdicts import verdicts

from features.ticks import DAY_MS
from streams.enforcement.policy.facts import Facts
from streams.history.judging import LABELS
from streams.pack import Pack
from streams.settings import Settings
from streams.suite.cases import Case, stored

_YEAR_MS = 365 * DAY_MS


@dataclass(frozen=True)
class Composed:
    """A case, the honest accounts that something honest was laid over, and what is to be told of what was laid.

    homeless: how many accounts of overlays found no host and were left out.
    """

    case: Case
    laid_honest: pl.Series
    about: list[dict[str, object]]
    homeless: int


def background_files(found: Background, folder: Path) -> list[str]:
    """The background written out, a file a plan."""
    return [str(write(events, folder / f"{plan}.ndjson")) for plan, events in found.events.items()]


def honest_case(part: Part, files: list[str], found: Background, seed: int) -> Case:
    """The background alone: what thresholds are fixed on."""
    nothing = pl.DataFrame(schema=LABELS)
    return _told(stored([], nothing, files, Settings(), seed), part.name, _plans(found))


def composed(part: Part, files: list[str], found: Background, pack: Pack, seed: int, folder: Path,
             accounts: int = ACCOUNTS) -> Composed:  # fmt: skip
    """The background with all overlays. accounts: of the cloud that campaigns are from."""
    hosts = Hosts(found.events, seed)
    laid = [*flows(part, hosts), *verdicts(part, hosts, pack), campaigns(seed, hosts, accounts)]
    events, truths = together(laid)
    labels = _labels(truths, _end(found, events))
    overlay = str(write(events, folder / "laid.ndjson"))
    case = stored([overlay], labels, files, Settings(), seed)
    plans = _plans(found) | dict(events.select("account_id", "plan").unique("account_id").iter_rows())
    honest = truths.filter(pl.col("clause").is_null())["account_id"].unique()
    homeless = sum(one.homeless for one in laid)
    return Composed(_told(case, part.name, plans), honest, _about(truths), homeless)


def _labels(truths: pl.DataFrame, end: int) -> pl.DataFrame:
    """As the suite reads them: what is honest is so from the first moment to the last."""
    honest = pl.col("clause").is_null()
    whole = truths.with_columns(
        start=pl.when(honest).then(START).otherwise("start"), end=pl.when(honest).then(end).otherwise("end")
    )
    found = whole.select(*LABELLED, "start", "end").with_row_index("line", 1)
    return found.cast({"line": pl.Int64, "start": pl.Int64, "end": pl.Int64})


def _end(found: Background, events: pl.DataFrame) -> int:
    return max(int(frame["time"].max()) for frame in (*found.events.values(), events))  # type: ignore[arg-type]


def _plans(found: Background) -> dict[str, str]:
    return {account: plan for plan, events in found.events.items() for account in events["account_id"].unique()}


def _told(case: Case, name: str, plans: dict[str, str]) -> Case:
    """With facts that protect nobody: customers of a year, known by address, who spend little and have no contract."""
    known = [Facts(account, START, plan, f"owner@{account}.example", START - _YEAR_MS, 0.0, False, 0)
             for account, plan in sorted(plans.items())]  # fmt: skip
    return replace(case, name=name, facts=known, begin_ms=START)


def _about(truths: pl.DataFrame) -> list[dict[str, object]]:
    counts = truths.group_by("name", honest=pl.col("clause").is_null()).agg(accounts=pl.col("account_id").n_unique())
    return counts.sort("honest", "name").to_dicts()
