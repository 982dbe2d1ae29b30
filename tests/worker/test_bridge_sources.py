"""What SOURCES.yaml may say, and what it is told where it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.worker.bridge.sources import BridgeSource, OwnBrokers, SourcesRefused, one_source, read_sources
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names

OURS = KafkaSettings(bootstrap="broker.example:9092")

GOOD = """\
sources:
  gateway:
    topic: litellm.logs
    format: litellm
  falco:
    topic: falco.alerts
    format: falco
    account_field: hostname
    brokers: {bootstrap: "other.example:9093", security: sasl_ssl, username: u, password_file: /run/secret}
  usage:
    topic: usage.cloudevents
    format: cloudevents
    map: map.yaml
"""


def written(folder: Path, text: str) -> Path:
    (folder / "map.yaml").write_text("columns: {account_id: data.who}\n")
    path = folder / "sources.yaml"
    path.write_text(text)
    return path


def test_a_sources_file(tmp_path: Path) -> None:
    """Each source has what the file says; maps are found beside the file."""
    gateway, falco, usage = read_sources(written(tmp_path, GOOD), Names(), OURS)
    assert (gateway.name, gateway.topic, gateway.format, gateway.brokers) == (
        "gateway",
        "litellm.logs",
        "litellm",
        OURS,
    )
    assert (falco.account_field, falco.brokers.servers, falco.brokers.username) == (
        "hostname",
        ["other.example:9093"],
        "u",
    )
    assert usage.map == str(tmp_path / "map.yaml")


def test_own_brokers_never_see_our_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's name and password are for our brokers alone."""
    monkeypatch.setenv("TIPSTAFF_KAFKA_SECURITY", "sasl_plaintext")
    monkeypatch.setenv("TIPSTAFF_KAFKA_USERNAME", "ours")
    monkeypatch.setenv("TIPSTAFF_KAFKA_PASSWORD", "secret")
    assert KafkaSettings().secret() == "secret"
    theirs = OwnBrokers(bootstrap="other.example:9092")
    assert (theirs.security, theirs.username, theirs.password) == ("plaintext", None, None)


MISTAKES = {
    "sources: []": (1, "sources: is missing, or names no source"),
    "sources: {}": (1, "names no source"),
    "gateway: {topic: a}": (1, "sources: is missing"),
    "sources:\n  a: {format: falco}": (2, "a needs a topic"),
    "sources:\n  a b: {topic: t}": (2, "a b is no name for a source"),
    "sources:\n  a:\n    topic: t\n    fromat: falco": (4, "unknown key fromat"),
    "sources:\n  a:\n    topic: t\n    format: falcon": (4, "unknown format falcon"),
    "sources:\n  a:\n    topic: t\n    format: falco\n    map: m": (5, "falco takes no field map"),
    "sources:\n  a:\n    topic: t\n    format: access-log\n    account_field: who": (5, "an access log has no who"),
    "sources:\n  a:\n    topic: t\n    format: cloudevents\n    map: none.yaml": (5, "cannot be read"),
    "sources:\n  a:\n    topic: usage.events": (3, "usage.events is what the bridge writes to"),
    "sources:\n  a:\n    topic: usage.dead-letters": (3, "usage.dead-letters is what the bridge writes to"),
    "sources:\n  a: {topic: t}\n  b: {topic: t}": (3, "t is brought in as a already"),
    "sources:\n  a:\n    topic: t\n    brokers: {bootstrap: h:1, password: p}": (4, "unknown key password"),
    "sources:\n  a:\n    topic: t\n    brokers: {security: ssl}": (4, "brokers need a bootstrap"),
    "sources:\n  a:\n    topic: t\n    brokers: {bootstrap: h:1, security: tls}": (4, "Input should be"),
    "sources:\n  a:\n    topic: t\n    brokers: {bootstrap: h:1, security: ssl, cert_file: c}": (
        4, "cert_file and key_file go together"),
    "sources:\n  a: {topic: t}\n  a: {topic: u}": (3, "the key a is there twice"),
    "sources: {a: {topic: [t]}}": (1, "a needs a topic"),
    "sources:\n  a: {topic: t, format: 5}": (2, "format must be a text"),
    "extra: 1\nsources: {a: {topic: t}}": (1, "unknown key extra"),
    "sources: {a: {topic: t}": (1, "not readable as YAML"),
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_in_a_sources_file(text: str, tmp_path: Path) -> None:
    """Every mistake is told with its file, its line and what is wrong."""
    line, message = MISTAKES[text]
    path = written(tmp_path, text)
    with pytest.raises(SourcesRefused) as refused:
        read_sources(path, Names(), OURS)
    assert message in str(refused.value)
    assert f"{path}:{line}:" in str(refused.value)


def test_one_source_is_checked_as_well() -> None:
    """What the command line says of a single source is refused for the same reasons."""
    assert one_source(BridgeSource("t", "t", OURS, "falco"), Names(), OURS)[0].topic == "t"
    for source, message in ((BridgeSource("t", "usage.events", OURS), "is what the bridge writes to"),
                            (BridgeSource("a b", "t", OURS), "no name"),
                            (BridgeSource("t", "t", OURS, "xml"), "unknown format xml")):  # fmt: skip
        with pytest.raises(SourcesRefused, match=message):
            one_source(source, Names(), OURS)
