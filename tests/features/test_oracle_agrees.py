"""The engine and its naive twin say the same of any log, however it is cut, saved, freed or shed."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Evaluation, Oracle
from random_logs import HASH_KEY, Record, Seen, declared, frame, logs, observed, observer, run
from thorough import examples

from features.arrivals import SEPARATOR
from features.catalog import Catalog
from features.observe import Observer
from features.state import State
from streams.pipeline import PipelineState
from streams.snapshot import decoded, encoded

CUTS = st.lists(st.integers(0, 60), max_size=6)


def expected(records: list[Record], cap: dict[str, int] | None = None) -> tuple[Oracle, list[Evaluation]]:
    twin = Oracle(declared(), HASH_KEY, cap)
    found = [one for offset, r in enumerate(records) for one in twin.feed(offset, r.stamp, r.event)]
    return twin, sorted(found, key=lambda one: (one.trigger, one.tick, one.kind, SEPARATOR.join(one.entity)))


def agrees(name: str, ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    # A small deviation of large values is what is left after cancelling in float64; the twin uses exact integers.
    slack = 10.0 if name.startswith("token_spread") else 1e-4 if name.startswith("gap_variation") else 1e-9
    return math.isclose(ours, theirs, rel_tol=1e-6 if slack > 1e-9 else 1e-9, abs_tol=slack)


def assert_agree(seen: list[Seen], twins: list[Evaluation]) -> None:
    ours = [(s.trigger, s.tick, s.kind, s.entity, s.as_of, s.plan) for s in seen]
    assert ours == [(t.trigger, t.tick, t.kind, SEPARATOR.join(t.entity), t.as_of, t.plan) for t in twins]
    for one, twin in zip(seen, twins, strict=True):
        assert one.values.keys() == twin.values.keys()
        wrong = {n: (v, twin.values[n]) for n, v in one.values.items() if not agrees(n, v, twin.values[n])}
        assert not wrong, (one.trigger, one.kind, one.entity)


def assert_same_peers(catalog: Catalog, state: State, twin: Oracle) -> None:
    ours = {key: values.tolist() for key, values in state.peers.tables.items() if len(values)}
    theirs = {key: values for key, values in twin.peers.items() if values}
    assert ours.keys() == theirs.keys()
    for key, values in ours.items():
        assert all(agrees(key[2], a, b) for a, b in zip(values, theirs[key], strict=True)), key


@settings(max_examples=examples(60), deadline=None)
@given(records=logs(), cuts=CUTS)
def test_any_log_in_any_cut(records: list[Record], cuts: list[int]) -> None:
    """Every evaluation, its place, each of its values, and the peer tables are the twin's."""
    engine = observer()
    state = engine.empty()
    twin, evaluations = expected(records)
    assert_agree(run(engine, state, records, cuts), evaluations)
    assert_same_peers(engine.catalog, state, twin)


@settings(max_examples=examples(25), deadline=None)
@given(records=logs(), cuts=CUTS)
def test_saved_and_loaded_in_between(records: list[Record], cuts: list[int]) -> None:
    """A state that is saved and loaded after every chunk goes on as if it had not been."""
    engine = observer()
    state, found = engine.empty(), []
    bounds = sorted({0, len(records), *[cut for cut in cuts if cut <= len(records)]})
    for first, last in pairwise(bounds):
        found += observed(engine, state, frame(records[first:last], first))
        state = reloaded(engine, state)
    assert_agree(ordered(found), expected(records)[1])


def reloaded(engine: Observer, state: State) -> State:
    engine.compact(state)
    return decoded(encoded(PipelineState(state), {}), engine)[0].features


def ordered(found: list[Seen]) -> list[Seen]:
    return sorted(found, key=lambda one: (one.trigger, one.tick, one.kind, one.entity))


@settings(max_examples=examples(25), deadline=None)
@given(records=logs(), cuts=CUTS, cap=st.integers(1, 3))
def test_a_full_book_sheds_the_longest_silent(records: list[Record], cuts: list[int], cap: int) -> None:
    """At the cap the same entities are shed at the same record, whatever the cuts."""
    caps = dict.fromkeys(("account", "key", "workload"), cap)
    engine = observer(caps=caps)
    assert_agree(run(engine, engine.empty(), records, cuts), expected(records, caps)[1])


@pytest.mark.parametrize("count", [1, 3, 10, 60, 400, 1500])
def test_distinct_counts_are_near_the_exact_ones(count: int) -> None:
    """A bitmap of 512 bits is exact for a few values and within 15 % up to 1,500."""
    start = 1_772_409_600_000
    records = [
        Record(start + i, {"type": "fetch", "time": start + i, "account_id": "a", "path": f"/page/{i}"})
        for i in range(count)
    ]  # fmt: skip
    engine = observer()
    state = engine.empty()
    observed(engine, state, frame(records))
    found = engine.values(state, "account", state.books["account"].kept())["paths_1m"].item()
    assert abs(found - count) <= max(0.15 * count, 0 if count <= 3 else 1)
