"""Files or a Kafka topic: what `tipstaff models train` asks for, and what it does not take together."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import tipstaff


@pytest.mark.parametrize("kind", ["anomaly", "peers"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "say where the events are: files, or --from-kafka"),
        (("log.ndjson", "--from-kafka"), "log.ndjson is for files, which --from-kafka excludes"),
        (("--from-kafka", "--sort"), "--sort is for files"),
        (("--from-kafka", "--format", "litellm"), "--format is for files"),
        (("log.ndjson", "--topic", "usage.events"), "--topic is for a topic: give --from-kafka with it"),
        (("log.ndjson", "--since", "14d"), "--since is for a topic"),
        (("--from-kafka", "--since", "soon"), "--since: soon is no time"),
        (("--from-kafka", "--since", "1d", "--until", "2d"), "--since 1d is not before --until 2d"),
        (("--from-kafka", "--bootstrap", "a:b:c"), "'a:b:c' is no address"),
    ],
)
def test_sources_exclude_each_other(kind: str, given: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """Each mix is refused with what to do, before anything is read, and nothing is written."""
    told = tipstaff("models", "train", kind, *given, "--pack", tmp_path)
    assert (told.code, said in told.err) == (1, True), told.err
    assert not list(tmp_path.iterdir())


def test_a_broker_that_does_not_answer_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the patience that the settings ask for, with the address and what to check."""
    monkeypatch.setenv("TIPSTAFF_KAFKA_PATIENCE_S", "0.2")
    told = tipstaff("models", "train", "anomaly", "--from-kafka", "--bootstrap", "127.0.0.1:9", "--pack", tmp_path)
    assert told.code == 1
    assert "Kafka cannot be reached at 127.0.0.1:9 within 0.2 s" in told.err
