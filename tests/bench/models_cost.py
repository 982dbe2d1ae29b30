"""What models cost: their share of the pipeline's CPU at full load, and a row beside scikit-learn's own forest."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import streams_made
from rich.progress import track

from detectors.anomaly.forest import Floats
from detectors.anomaly.growing import as_arrays, grown
from detectors.anomaly.model import Declared, Model
from detectors.anomaly.testimony import Models
from features.ticks import DAY_MS
from streams.history.model_training import ModelTraining
from streams.history.stored import in_files
from streams.local.source import Decode, FileFeed, MergedSource
from streams.pack import Pack, read_pack
from streams.pipeline import Pipeline
from streams.session import Input, decoder
from streams.settings import Settings

MOST_SHARE = 1 / 3
"""Of the pipeline's CPU, how much models may take at full load."""

_HEAD = """\
## Models

The shipped models, {names}, without features that look back longer than a day, trained on 50 hours of made traffic
(2,000 accounts with a key each).
Every entity is scored once an hour of stream time, so most of the work comes at once, just after a whole hour: the
dense stream and the long tail begin there, and each of their entities is scored in the stretch that is measured. Over
an hour the same rows stand beside all of the hour's events. Of the sparse stream nearly every event is its entity's
first in an hour. CPU of reading, decoding and the step with all rules, and within it of scoring; writing is left out.

| stream | events | rows scored | µs a row | share of what is measured | share of an hour | target | |
|---|---:|---:|---:|---:|---:|---|---|"""

_FOREST = """
A row of {width} features through a forest of {trees} trees, and through the scikit-learn object that it was made of:

| rows at once | tipstaff, µs a row | scikit-learn, µs a row | times as fast |
|---:|---:|---:|---:|"""


@dataclass
class Spent:
    """CPU seconds of scoring, and the rows that were scored."""

    seconds: float = 0.0
    rows: int = 0


def section(folder: Path, streams: Sequence[tuple[str, Path, int, float | None]]) -> Iterator[str]:
    """Lines of the page. streams: name, file, its events, and how many of them a second of its own time has.

    Where that is None, the file spans hours, and any hour is like all of it.
    """
    pack = trained(folder)
    yield _HEAD.format(names=", ".join(f"`{one.declared.id}`" for one in pack.learnt))
    for name, path, events, rate in track(streams, "models", transient=True):
        yield _row(name, *measured(folder, path, pack), events, rate)
    yield from forests()


def trained(folder: Path) -> Pack:
    """The shipped pack with its models learnt."""
    path, shipped = folder / "days.ndjson", read_pack()
    streams_made.days(path)
    models = tuple(_of_a_day(one, shipped) for one in shipped.models)
    training = ModelTraining(in_files(Input((str(path),))), shipped, models, Settings())
    training.read(lambda _chunk: None)
    return replace(shipped, models=models, learnt=tuple(training.learn(one).model for one in models))


def _of_a_day(model: Declared, pack: Pack) -> Declared:
    """A model without features that look back longer than a day: the traffic is two days old."""
    values = pack.catalog.values[model.entity]
    kept = (name for name in model.features if (window := values[name].window) is None or window.length_ms <= DAY_MS)
    return replace(model, features=tuple(kept))


def measured(folder: Path, path: Path, pack: Pack) -> tuple[float, Spent]:
    """CPU seconds of a stream's pass, and what of them was scoring. It is days old, so that every window is whole."""
    before = folder / "before.ndjson"
    streams_made.long_before(before)
    pipeline = Pipeline(pack, "bench")
    decode: Decode = decoder(Input(), pack.columns, "bench")
    source, state = MergedSource([FileFeed(before), FileFeed(path)], decode, None, 0), pipeline.empty()
    with _clocked() as spent:
        begun = time.process_time()
        while (chunk := source.poll()) is not None:
            pipeline.step(state, chunk.events)
        return time.process_time() - begun, spent


@contextmanager
def _clocked() -> Iterator[Spent]:
    """Counts what scoring takes; it runs in one thread."""
    spent, whole, standouts = Spent(), Model.scored, Models.standouts

    def scored(self: Model, values: Any, plans: Any) -> Any:
        spent.rows += len(plans)
        return whole(self, values, plans)

    def clocked(self: Models, *arguments: Any) -> Any:
        begun = time.thread_time()
        try:
            return standouts(self, *arguments)
        finally:
            spent.seconds += time.thread_time() - begun

    Model.scored, Models.standouts = scored, clocked  # type: ignore[method-assign,assignment]
    try:
        yield spent
    finally:
        Model.scored, Models.standouts = whole, standouts  # type: ignore[method-assign]


def _row(name: str, cpu: float, spent: Spent, events: int, rate: float | None) -> str:
    if not spent.rows:
        raise SystemExit(f"{name}: no row was scored, so nothing can be said of what scoring costs")
    others = (cpu - spent.seconds) * (1 if rate is None else rate * 3600 / events)
    share, hourly = spent.seconds / cpu, spent.seconds / (spent.seconds + others)
    met = "met" if share <= MOST_SHARE else "**not met**"
    return (f"| {name} | {events:,} | {spent.rows:,} | {spent.seconds / spent.rows * 1e6:.1f} | {share:.1%} | "
            f"{hourly:.2%} | ≤ {MOST_SHARE:.0%} | {met} |")  # fmt: skip


def forests() -> Iterator[str]:
    """The same forest, as arrays and as scikit-learn's."""
    rows = np.random.default_rng(5).lognormal(size=(20_000, 15)).astype(np.float32).astype(np.float64)
    theirs = grown(rows, 0)
    ours = as_arrays(theirs)
    yield _FOREST.format(width=rows.shape[1], trees=ours.trees)
    for count in (1, 100, 20_000):
        batch = rows[:count]
        mine, other = _us(ours.scores, batch), _us(theirs.score_samples, batch)
        yield f"| {count:,} | {mine:.1f} | {other:.1f} | {other / mine:.1f} |"
    yield ""
    apart = float(np.abs(ours.scores(rows) + theirs.score_samples(rows)).max())
    yield f"Their scores differ by at most {apart:.0e}."


def _us(score: Any, rows: Floats) -> float:
    """CPU microseconds a row, of all threads; the least of five."""
    times = []
    for _ in range(5):
        begun = time.process_time()
        score(rows)
        times.append(time.process_time() - begun)
    return min(times) / len(rows) * 1e6
