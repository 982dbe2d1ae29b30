"""`tipstaff enforce` asks PagerDuty who took its pages."""

from __future__ import annotations

import json

import pytest
from bridges import until
from enforcers import Post, enforcing
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from streams.enforcement.ledger import schema


@pytest.mark.slow_kafka
def test_who_takes_a_page_has_the_case(post: Post, httpserver: HTTPServer) -> None:
    """A page goes to PagerDuty; whoever acknowledges it there is the case's assignee, by the process that acts."""
    taken = [{"at": "2027-01-15T08:03:00Z", "acknowledger": {"summary": "Ann"}}]
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.args["incident_key"])
        return Response(json.dumps({"incidents": [{"acknowledgements": taken}]}), 200)

    httpserver.expect_request("/v2/enqueue", method="POST").respond_with_json({"status": "success"}, status=202)
    httpserver.expect_request("/incidents").respond_with_handler(answer)
    sinks = json.loads((post.folder / "sinks.yaml").read_text())
    sinks.append({"name": "on-call", "kind": "pagerduty", "secret_env": "PAGER", "read_secret_env": "PAGER_READ",
                  "url": httpserver.url_for("/v2/enqueue"), "read_url": httpserver.url_for("/incidents"),
                  "events": ["pages"], "allow": ["127.0.0.0/8"]})  # fmt: skip
    (post.folder / "sinks.yaml").write_text(json.dumps(sinks))
    post.hire("ann", "reviewer")
    post.raise_alerts(post.pod("pod-1", account="stranger"))
    with enforcing(post, "one.log", PAGER="R0UT1NG", PAGER_READ="READCANARY") as process:
        until(lambda: [row["assignee"] for row in post.rows(schema.cases)] == ["ann"], "an assignee", 90)
        assert process.end() == 0, process.text
    (case,) = post.rows(schema.cases)
    assert asked == [f"tipstaff/case:{case['case_id']}"]
    assert "CANARY" not in process.text
