"""A replay tells what a run tells, in any company of packs and over any span of time."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pack import FEATURES, HASH_KEY, RULES, START, events, lines, small_pack
from thorough import examples

from detectors.alert import Alert
from features.ticks import HOUR_MS
from streams.alert_lines import as_json, rfc3339
from streams.codec import Codec
from streams.history.comparing import Collected, Spoken, compare
from streams.history.replay import Replay, Span, reach_ms
from streams.history.summary import Summary
from streams.local.skipping import Skipping
from streams.pack import Pack
from streams.session import Input, open_session
from streams.settings import Settings

SETTINGS = Settings(hash_key=HASH_KEY, max_bad_share=1)
WHOLE = small_pack()
FEWER = replace(small_pack(RULES[:2], FEATURES[:1]), hash="fewer")
BRIEF = small_pack([rule for rule in RULES if rule["id"] != "long-hour"])
"""Without the rule whose episodes may have begun before any window of a span."""

SEVERER = replace(small_pack([{**RULES[0], "severity": "high"}, *RULES[1:]]), hash="severer")


def logs(folder: Path, *inputs: bytes) -> Input:
    """The inputs as files."""
    paths = [folder / f"{number}.ndjson" for number in range(len(inputs))]
    for path, text in zip(paths, inputs, strict=True):
        path.write_bytes(text)
    return Input(tuple(map(str, paths)))


def replayed(chosen: Input, *packs: Pack, span: Span | None = None) -> tuple[list[list[Alert]], Summary]:
    """What each pack tells, and what was read."""
    told: list[list[Alert]] = [[] for _ in packs]
    pairs = [(pack, one.extend) for pack, one in zip(packs, told, strict=True)]
    history = Replay(chosen, pairs, SETTINGS, *([span] if span else []))
    history.run(lambda _chunk: None)
    return told, history.summary


def run(chosen: Input, pack: Pack, folder: Path) -> list[Alert]:
    """What `tipstaff run` tells of the same input."""
    told: list[Alert] = []
    session = open_session(chosen, pack, SETTINGS.model_copy(update={"data_dir": folder}), pytest.fail)
    session.runner.run(lambda: False, lambda _chunk, alerts: told.extend(alerts))
    session.directory.release()
    return told


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(events(most=30), min_size=1, max_size=2))
def test_a_replay_tells_what_a_run_tells(found: list[list[dict[str, Any]]]) -> None:
    """The same alerts, every revision, in the same order, from one file or two merged."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = logs(Path(folder), *map(lines, found))
        (told,), summary = replayed(chosen, WHOLE)
        assert told == run(chosen, WHOLE, Path(folder) / "data")
        assert summary.records == sum(map(len, found))


@settings(max_examples=examples(25), deadline=None)
@given(events(most=40))
def test_packs_side_by_side_do_not_touch_each_other(found: list[dict[str, Any]]) -> None:
    """Two packs over one decoding tell what each tells alone."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = logs(Path(folder), lines(found))
        both, _ = replayed(chosen, WHOLE, FEWER)
        assert both == [replayed(chosen, WHOLE)[0][0], replayed(chosen, FEWER)[0][0]]


def bursts(hours: Sequence[int]) -> list[dict[str, Any]]:
    """Five requests within a minute in each of these hours."""
    return [{"id": f"{hour}-{n}", "time": rfc3339(START + hour * HOUR_MS + n * 5_000), "type": "inference",
             "account_id": "a", "output_tokens": 50} for hour in hours for n in range(5)]  # fmt: skip


def keys(alerts: Sequence[Alert]) -> list[tuple[Any, ...]]:
    """Alerts without the number of their trigger, which counts what was read."""
    return [tuple(sorted((k, str(v)) for k, v in as_json(one).items() if k != "trigger")) for one in alerts]


def test_a_span_tells_the_alerts_of_its_time_and_no_others(tmp_path: Path) -> None:
    """From --since on and before --until, as in a replay of everything, windows full: evidence and ids are the same."""
    chosen, (since, until) = logs(tmp_path, lines(bursts(range(0, 60, 1)))), (START + h * HOUR_MS for h in (20, 40))
    (everything,), whole = replayed(chosen, BRIEF)
    (told,), part = replayed(chosen, BRIEF, span=Span(since, until))
    wanted = [one for one in everything if since <= one.time < until]
    assert len(wanted) > 10
    assert keys(told) == keys(wanted)
    assert whole.events == 300
    assert 100 <= part.events <= 100 + 5 * (1 + reach_ms(BRIEF.catalog) // HOUR_MS), "older and later ones are unread"


def test_half_a_span_is_open(tmp_path: Path) -> None:
    """--since alone goes on to the end, --until alone begins at the beginning; the two parts make the whole."""
    chosen, cut = logs(tmp_path, lines(bursts(range(10)))), START + 5 * HOUR_MS
    (everything,), _ = replayed(chosen, BRIEF)
    (before,), _ = replayed(chosen, BRIEF, span=Span(until=cut))
    (after,), _ = replayed(chosen, BRIEF, span=Span(since=cut))
    assert keys(before + after) == keys(everything)


@pytest.mark.parametrize(("newest", "left_out"), [(4, True), (5, False)])
def test_only_blocks_that_are_old_throughout_are_left_out(newest: int, left_out: bool) -> None:
    """A single event that matters keeps its block, wherever it stands; records of others keep their numbers."""
    codec, heard = Codec(WHOLE.columns, HASH_KEY), []
    decode = Skipping(codec.decode, Codec((), HASH_KEY).decode, START + 5 * HOUR_MS, lambda: heard.append(1))
    block = b"nonsense\n" + lines(bursts([1, newest, 2]))
    found = decode(block)
    assert found.height == 16
    assert (found.frame.height, len(found.dead), len(heard)) == ((0, 0, 1) if left_out else (15, 1, 0))
    assert found.frame.schema == codec.decode(block).frame.schema


def test_a_newest_event_at_the_end_of_a_block_spares_the_glance() -> None:
    """Of a block whose last event matters only that one is glanced at."""
    glanced: list[int] = []

    def glance(text: bytes) -> Any:
        glanced.append(text.count(b"\n"))
        return Codec((), HASH_KEY).decode(text)

    decode = Codec(WHOLE.columns, HASH_KEY).decode
    Skipping(decode, glance, START + 5 * HOUR_MS, lambda: None)(lines(bursts([1, 2, 6])))
    assert glanced == [1]


def collected(alerts: Sequence[Alert]) -> Mapping[str, Any]:
    found = Collected()
    found.tell(alerts)
    return found.alerts


def test_packs_compared(tmp_path: Path) -> None:
    """What one pack has and the other lacks is told by alert, account and rule, and a severity as changed."""
    chosen = logs(tmp_path, lines(bursts(range(3))))
    (whole, fewer, severer), _ = replayed(chosen, WHOLE, FEWER, SEVERER)
    same = compare(collected(whole), collected(whole))
    assert not same.differ
    assert all(one.both and not one.here for one in same.rules)
    less = compare(collected(whole), collected(fewer))
    assert less.differ
    assert {one.detector for one in less.here} == {"long-hour"}
    assert (less.there, less.changed, less.accounts_here) == ((), (), ())
    changed = compare(collected(whole), collected(severer))
    assert (changed.here, changed.there) == ((), ())
    assert {(one.detector, one.severity, other) for one, other in changed.changed} == {("burst", "low", "high")}
    nobody = compare(collected(whole), {})
    assert nobody.accounts_here == (Spoken("a", "abuse", in_cluster=False),)
    assert compare({}, collected(whole)).accounts_there == nobody.accounts_here


def test_dead_letters_are_counted_with_an_example(tmp_path: Path) -> None:
    """By reason, the first of each with its file and record."""
    _, found = replayed(logs(tmp_path, b"nonsense\n" + lines(bursts([1])) + b"more\n[]\n"), WHOLE)
    assert (found.events, found.bad, dict(found.dead)) == (5, 3, {"not_json": 2, "not_an_object": 1})
    assert (found.examples["not_json"].record, found.examples["not_an_object"].record) == (0, 7)
