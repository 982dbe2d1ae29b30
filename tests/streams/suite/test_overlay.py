"""Overlays take events out of a stream and lay them over the rest, changing none."""

from __future__ import annotations

import json

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from streams.local.simulated import SimulatedFeed
from streams.local.source import MergedSource
from streams.session import Input, decoder
from streams.simulator import Cloud
from streams.suite.overlay import Divided, divided

accounts = st.sampled_from(["a", "b", 'c"', "ü", None])
lines = st.lists(st.tuples(accounts, st.text(max_size=5)), max_size=8)


@given(lines, st.sampled_from([b"", b"not json\n", b'{"account_id": 7}\n', b'{"broken": "\xff"}\n']))
@settings(max_examples=examples(90), deadline=None)
def test_each_line_is_on_one_side(found: list[tuple[str | None, str]], odd: bytes) -> None:
    """Those of the accounts on one side, all others, unsound ones too, on the other, in their order."""
    each = [json.dumps({"account_id": who, "text": text}) for who, text in found]
    rest, theirs = divided("".join(f"{one}\n" for one in each).encode() + odd, pl.Series(["a"]))
    assert theirs.decode().splitlines() == [one for one in each if json.loads(one)["account_id"] == "a"]
    kept = [line for line in rest.splitlines() if line not in odd.splitlines()]
    if b"\xff" not in odd:
        assert [line.decode() for line in kept] == [one for one in each if json.loads(one)["account_id"] != "a"]
    assert len(rest.splitlines()) + len(theirs.splitlines()) == len(each) + len(odd.splitlines())


def test_laid_over_again_it_is_the_same_stream() -> None:
    """A cloud divided and merged has the same events as the cloud itself."""
    cloud = Cloud(5, hours=0.5, accounts=300)
    some = cloud.label_frame()["account_id"].sort().gather_every(3)
    whole, both = read([SimulatedFeed(cloud)]), read(list(Divided(SimulatedFeed(cloud), some).sides))
    assert whole.height == both.height > 1_000
    assert whole["id"].sort().equals(both["id"].sort())
    assert both["stamp"].is_sorted()


def read(feeds: list) -> pl.DataFrame:  # type: ignore[type-arg]
    """All events of merged feeds."""
    source = MergedSource(feeds, decoder(Input(), (), "key"), None, 0)
    frames = []
    while (chunk := source.poll()) is not None:
        frames.append(chunk.events.select("id", "stamp"))
    return pl.concat(frames)
