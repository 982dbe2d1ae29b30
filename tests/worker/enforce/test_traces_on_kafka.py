"""Traces of a worker and of enforcement on a real broker."""

from __future__ import annotations

from pathlib import Path

from bridges import until
from broker import Topic
from collected import bodies, collector_of, spans
from enforcers import Post, enforcing
from pytest_httpserver import HTTPServer
from workers import site_on, working

from streams.enforcement.ledger import schema


def test_a_worker_sends_its_chunks(kafka: str, topic: Topic, tmp_path: Path, httpserver: HTTPServer) -> None:
    """Each chunk is a span with its place in the log, its parts are spans within; nobody's account is in them."""
    site = site_on(kafka, topic, history=True)
    event = {"id": "1", "type": "auth", "account_id": "acme-co", "time": "2026-03-02T00:00:00Z"}
    site.feed([{**event, "stamp": 1_772_409_600_000}])
    traced = {"TIPSTAFF_TRACES": "on", "OTEL_EXPORTER_OTLP_ENDPOINT": collector_of(httpserver)}
    with working(site, tmp_path / "log", **traced) as process:
        process.wait_ready()
        until(lambda: site.lag() == 0, "the event is taken in")
        assert process.end() == 0, process.text
    found = spans(httpserver)
    chunks = [told for service, name, told in found if (service, name) == ("tipstaff-worker", "chunk")]
    assert {"topic": site.names["events"], "records": 1} in [
        {name: told[name] for name in ("topic", "records")} for told in chunks
    ]
    assert {"decode", "step", "emit", "clusters"} <= {name for _, name, _ in found}
    assert b"acme-co" not in bodies(httpserver)


def test_enforcement_sends_what_it_takes_and_delivers(post: Post, httpserver: HTTPServer) -> None:
    """A transaction and an attempt are spans; the attempt has its action's id, and the log line its trace."""
    post.raise_alerts(post.pod("pod-1"))
    traced = {"TIPSTAFF_TRACES": "on", "OTEL_EXPORTER_OTLP_ENDPOINT": collector_of(httpserver)}
    with enforcing(post, "one.log", **traced) as process:
        post.wait_stopped("pod-1")
        until(lambda: [one for one in process.said if one["event"] == "delivered"], "the log tells of it")
        assert process.end() == 0, process.text
        (decided,) = [one for one in process.said if one["event"] == "decision_made"]
    found = spans(httpserver)
    (action,) = post.rows(schema.actions)
    sent = [told for _, name, told in found if name == "deliver" and told["action"] == action["action_id"]]
    assert ("sent", 1) in [(told["ending"], told["attempt"]) for told in sent]
    assert [told["records"] for service, name, told in found if (service, name) == ("tipstaff-enforce", "take")]
    assert len(decided["trace_id"]) == 32
