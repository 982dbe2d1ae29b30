"""Both stages on a real broker under kill -9 and worse: the alerts are those of unbroken runs, each of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from broker import OwnBroker
from worker.chaos.chaos_pack import write_pack
from worker.chaos.feeding import fed
from worker.chaos.known_alerts import Known, known_alerts
from worker.chaos.known_stream import KnownStream
from worker.chaos.ordeal import ordeal
from worker.chaos.programmes import play, short
from worker.chaos.stage import staged

_STREAM = KnownStream(lanes=6, blocks=2)
_SMALL = KnownStream(lanes=4, blocks=1)


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Both editions of the pack."""
    folder = tmp_path_factory.mktemp("packs")
    return write_pack(folder / "first"), write_pack(folder / "second", second=True)


def known(stream: KnownStream, packs: tuple[Path, Path], folder: Path) -> Known:
    """What must come out, by both ways."""
    folder.mkdir()
    return known_alerts(stream, *packs, folder)


@pytest.mark.slow_kafka
def test_nothing_is_lost_and_nothing_wrong(own_broker: OwnBroker, packs: tuple[Path, Path], tmp_path: Path) -> None:
    """After kills, a freeze, a dead broker, lost snapshots and a new pack: exactly the expected alerts."""
    expected = known(_STREAM, packs, tmp_path / "embedded")
    with (
        staged(own_broker.bootstrap, packs[0]) as stage,
        ordeal(stage, tmp_path, _STREAM, 60, 1, packs[1], own_broker) as of,
    ):
        of.feeder.start()
        play(of, short(of))
        of.settled(120)
        found = of.verdict(expected, _STREAM)
        assert not found.problems, (found, of.rows, [hand.last_words(20) for hand in of.everybody])
        assert of.kills - of.cluster_kills >= 8
        assert of.cluster_kills >= 6
        assert found.dead_letters > 0
        assert found.clusters > 0
        assert found.ties_repeated > 0


@pytest.fixture(scope="module")
def known_small(packs: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Known:
    """What must come out of the small stream."""
    return known(_SMALL, packs, tmp_path_factory.mktemp("small") / "embedded")


Lives = tuple[str, str, str]
"""Where the first one dies, nowhere where it is empty; its faults; those of the one after it."""

_SOUND: Lives = ("", "", "")
TEETH: dict[str, tuple[Lives, Lives]] = {
    "the guard of offsets": (("", "jumping,guard-off", ""), _SOUND),
    "the await of produce results": (("committed:1", "slow-broker,await-off", ""), _SOUND),
    "episodes in the snapshot": (("told:9", "episodes-off", "episodes-off"), _SOUND),
    "that repeated records of ties are dropped": (("told:9", "", ""), ("", "repeats-counted", "")),
}
"""By safeguard: what becomes of the worker and of the process of the second stage."""


@pytest.mark.parametrize("safeguard", TEETH)
def test_a_safeguard_less_is_noticed(safeguard: str, kafka: str, packs: tuple[Path, Path], known_small: Known,
                                     tmp_path: Path) -> None:  # fmt: skip
    """With one safeguard switched off, and the fault that it is for, the verdict tells of wrong or missing alerts."""
    with (
        staged(kafka, packs[0], 4, snapshot_every_s=0.05) as stage,
        ordeal(stage, tmp_path, _SMALL, 100_000, 1, packs[1], hands=1) as of,
    ):
        fed(of.feeder)
        for hand, (doom, faults, _) in zip(of.everybody, TEETH[safeguard], strict=True):
            hand.start(doom, faults)
        for hand, (doom, _, faults_after) in zip(of.everybody, TEETH[safeguard], strict=True):
            if doom:
                assert hand.dies(60) is not None, hand.last_words(20)
                hand.start("", faults_after)
        of.settled(60)
        found = of.verdict(known_small, _SMALL)
    assert not of.problems, [hand.last_words(20) for hand in of.everybody]
    assert found.missing
