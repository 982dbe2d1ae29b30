"""What every answer carries, and what strangers get."""

from __future__ import annotations

import pytest
from visiting import House

from streams.web.manners import HEADERS
from streams.web.routes import VIEWS
from streams.web.static_files import static_files


def test_every_answer_has_our_headers(house: House) -> None:
    """Pages, logins, files, redirects and refusals alike, logged in or not."""
    visitor, seen = house.visitor(), []
    paths = [path.partition("{")[0] + ("x" if "{" in path else "") for path in VIEWS]
    for _ in range(2):
        seen += [visitor.get(path) for path in (*paths, "/static/style.css", "/static/none", "/nowhere", "/enter")]
        seen += [visitor.post("/nowhere"), visitor.http.post("/login"), visitor.http.request("PATCH", "/alerts"),
                 visitor.login(house.play.credentials["rita"])]  # fmt: skip
    for answer in seen:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, answer.request.url
    assert {one.status_code for one in seen} <= {200, 401, 403, 404}
    assert house.troubles == []


@pytest.mark.parametrize("name", sorted(static_files()))
def test_static_files_stand_alone(name: str) -> None:
    """No file of ours asks for anything from elsewhere, nor runs text as code."""
    content = static_files()[name][0].decode()
    assert "https:" not in content
    assert "http:" not in content.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not any(word in content for word in ("innerHTML", "eval(", "document.write", "@import"))


def test_a_fault_is_told_to_whoever_runs_it(house: House) -> None:
    """A ledger that cannot be read is a 503 in words, which quotes nothing; what it was goes to the log."""
    visitor = house.visitor()
    visitor.login(house.play.credentials["rita"])
    with house.play.ledger.writing(house.play.now_ms) as tx:
        tx.connection.exec_driver_sql("ALTER TABLE switch RENAME TO gone")
    answer = visitor.get("/alerts")
    assert answer.status_code == 503
    assert "The ledger cannot be read now" in answer.text
    assert "switch" not in answer.text.replace("class=", "")
    assert [trouble.rpartition(": ")[2] for trouble in house.troubles] == ["OperationalError"]
