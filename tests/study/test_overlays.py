"""What is laid over the traces: the labelled sets, and simulated campaigns, on hosts that are real."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from study.flows import FLOWS, flows
from study.hosts import Hosts
from study.parts import DEVELOPED
from study.traces import DATA, write

from streams.session import Input, decoder

HOUR = 3_600_000


def pods(count: int) -> dict[str, pl.DataFrame]:
    """Some pods with one sample each."""
    names = [f"p{n}" for n in range(count)]
    return {"pods": pl.DataFrame({"account_id": names, "plan": "pods", "workload_id": names, "time": [HOUR] * count})}


def test_each_host_is_spent_once() -> None:
    """In an order that does not hang on the events'; what is not there is not given."""
    events = pods(10)
    hosts, again = Hosts(events, 1), Hosts({"pods": events["pods"].reverse()}, 1)
    first, second = hosts.take("pods", 4), hosts.take("pods", 20)
    assert first.height + second.height == 10
    assert not set(first["onto"]) & set(second["onto"])
    assert again.take("pods", 4).equals(first)
    assert hosts.take("web", 3).is_empty()


@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not part of this repository")
def test_miners_and_honest_flows_differ_in_nothing_but_what_they_are() -> None:
    """As many hosts and as many flows on each, one after the other, and no flow of the other part."""
    parts = [flows(part, Hosts(pods(80), 1)) for part in DEVELOPED]
    for miners, honest in parts:
        counts = [one.events.group_by("account_id").len()["len"].unique().to_list() for one in (miners, honest)]
        assert counts == [[FLOWS], [FLOWS]]
        assert miners.truths.height == honest.truths.height > 5
        assert miners.events["workload_id"].equals(miners.events["account_id"])
        gaps = miners.events.select(pl.col("time").diff().over("account_id")).to_series().drop_nulls()
        assert gaps.min() >= 1_000  # type: ignore[operator]
    (one, _), (other, _) = parts
    columns = ["bytes_out", "bytes_in", "duration_ms", "packets_out"]
    assert one.events.join(other.events, on=columns, how="semi").is_empty()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Events in order of time, each with what it had and nothing more; none is a dead letter."""
    events = pl.DataFrame([
        {"type": "inference", "id": "2", "account_id": "a", "time": 2 * HOUR, "status": 200, "host": None},
        {"type": "fetch", "id": "1", "account_id": "b", "time": HOUR, "status": None, "host": 'x","y":null'},
    ])  # fmt: skip
    path = write(events, tmp_path / "events.ndjson")
    read = decoder(Input(), ["status", "host"], "key")(path.read_bytes())
    assert not read.dead
    assert read.frame.select("id", "time", "status", "host").rows() == [
        ("1", HOUR, None, 'x","y":null'), ("2", 2 * HOUR, 200, None),
    ]  # fmt: skip
