"""From an event on the events' topic to a stopped pod: a real worker, a real enforcer, a real receiver."""

from __future__ import annotations

from pathlib import Path

from broker import Topic
from enforcers import enforcing, now_ms, posted
from workers import site_on, working

from streams.alert_lines import rfc3339
from streams.enforcement.ledger import schema


def test_a_miner_on_a_command_line_is_stopped(kafka: str, topic: Topic, tmp_path: Path) -> None:
    """A miner's command line in a live topic stops that pod, and no other, at the receiver."""
    site = site_on(kafka, topic)
    events = [
        {"id": f"e{number}", "type": "process", "time": rfc3339(now_ms()), "account_id": "acme", "plan": "pro",
         "workload_id": pod, "process": "m", "command_line": line}
        for number, (pod, line) in enumerate({"pod-1": "python train.py",
                                              "pod-2": "./m -o stratum+tcp://198.51.100.7:443 -u 4AbC.w -p x"}.items())
    ]  # fmt: skip
    with posted(kafka, topic, tmp_path, site.names) as post, working(site, tmp_path / "worker.log") as worker:
        with enforcing(post, "enforce.log"):
            worker.wait_ready()
            site.feed(events)
            post.wait_stopped("pod-2")
        assert post.stopped() == ["pod-2"]
        assert [row["rung"] for row in post.rows(schema.actions)] == ["stop_workload"]
