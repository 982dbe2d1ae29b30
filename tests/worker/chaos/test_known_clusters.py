"""The second run that alerts about clusters are compared with, beside what is known of them; no broker needed."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace

import pytest
from worker.chaos.chaos_pack import write_pack
from worker.chaos.known_alerts import Contents
from worker.chaos.known_clusters import known_clusters, log_of
from worker.chaos.known_kin import KIN, TEXTS, asked, kin, partition_of
from worker.chaos.known_stream import START, KnownStream, Record, closings

from streams.pack import read_pack
from streams.settings import Settings
from streams.worker.packs.known import Packs
from streams.worker.transport.chunk import RawChunk

STREAM = KnownStream(lanes=4, blocks=1)


def logs(partitions: int) -> list[RawChunk]:
    """The stream as the feeder puts it into a topic."""
    lying: defaultdict[int, list[Record]] = defaultdict(list)
    for one in STREAM.records():
        lying[partition_of(one.account or "", partitions)].append(one)
    for number in range(partitions):
        lying[number] += closings(STREAM)
    return [log_of(number, [SimpleNamespace(offset=offset, timestamp=one.stamp, value=one.value, key=None)
                            for offset, one in enumerate(lying[number])]) for number in range(partitions)]  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """Of the first edition over twelve partitions."""
    pack = read_pack(write_pack(tmp_path_factory.mktemp("pack") / "first"))
    return known_clusters(logs(KIN), "events", Packs(pack, lambda _: None, Settings()), b"a key of sixteen bytes")


def test_each_text_is_one_episode_of_six_accounts_and_its_count_is_that_of_the_calls(told: Contents) -> None:
    """The last revision is at most ten minutes and the waiting for the slowest partition old."""
    lasting = [one for one in told.values() if one["detector"] == "chaos-kin"]
    assert len({one["id"] for one in lasting}) == TEXTS
    assert {account for one in lasting for account in one["accounts"]} == set(kin())
    last = {one["id"]: one for one in lasting}  # revisions rise
    calls = sum(1 for _ in asked(START, STREAM.end)) / TEXTS
    for one in last.values():
        (counted,) = [item["value"] for item in one["evidence"] if item["feature"] == "requests_24h"]
        assert calls * 0.75 < counted <= calls
        assert len(one["accounts"]) == 6


def test_the_rule_that_one_call_more_or_less_silences_speaks(told: Contents) -> None:
    """Else a lost record of ties might go unnoticed until the next revision of the long episode."""
    assert len({one["entity"]["id"] for one in told.values() if one["detector"] == "chaos-kin-exactly"}) == TEXTS
