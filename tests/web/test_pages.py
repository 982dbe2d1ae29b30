"""Pages as they are served: hostile names come out harmless, and what is nowhere is said to be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from playing import BEGIN_MS, made_alert
from prometheus_client import CollectorRegistry
from visiting import House, fine, opened_house

from streams.alert_lines import as_line
from streams.serving.health_beside import health_beside
from streams.web.office import Missing, Office, Page, Viewer
from streams.web.pages import page_routes
from streams.web.recent import Recent
from streams.web.views.sources import deskless

HOSTILE = "<script>alert(1)</script>\"'{{7*7}}{%25}/..%2f\u202e\x00 &é"


def test_any_id_has_a_page(house: House) -> None:
    """An account whose id holds markup, slashes, braces and control characters is found by it, and only quoted."""
    house.play.alert(made_alert("miner", "cryptomining", account="x"))
    visitor = house.visitor()
    visitor.login(house.play.credentials["rita"])
    for path in (f"/accounts/{quote(HOSTILE, safe='')}", f"/alerts?account={quote(HOSTILE, safe='')}",
                 f"/rules/{quote(HOSTILE, safe='')}"):  # fmt: skip
        answer = visitor.get(path)
        assert answer.status_code in (200, 404), path
        assert "<script>alert" not in answer.text
        assert "\u202e" not in answer.text
        assert "\x00" not in answer.text
    assert house.troubles == []


def test_ids_come_as_they_were_written(house: House) -> None:
    """What a view is given is the id itself, not a part of it and not decoded twice."""
    seen: list[str] = []

    def view(_office: Office, _viewer: Viewer, names: Mapping[str, str]) -> Page:
        seen.append(names["account"])
        if names["account"] == "nobody":
            raise Missing
        return deskless("Here")

    site = house.site()
    routes = page_routes(site, {"/accounts/{account:[^/]+}": view})
    with health_beside(0, fine, fine, CollectorRegistry(), routes) as house.address:
        visitor = house.visitor()
        visitor.login(house.play.credentials["rita"])
        assert visitor.get(f"/accounts/{quote(HOSTILE, safe='')}?account=other").status_code == 200
        assert visitor.get("/accounts/nobody").status_code == 404
    site.close()
    assert seen == [HOSTILE, "nobody"]


def test_a_run_without_a_ledger_shows_its_file(tmp_path: Path) -> None:
    """Alerts come from the run's own file, nothing restricted is in it, and places of enforcement are not offered."""
    kept = tmp_path / "alerts.ndjson"
    kept.write_text(as_line(made_alert("miner", "cryptomining", account="<b>acme")) + "\n")
    alone = Office(lambda: BEGIN_MS, Recent(), kept, None)
    with opened_house(tmp_path, by_link=True, office=alone) as house:
        visitor = house.visitor()
        visitor.get(house.links[0])
        listed = visitor.get("/alerts").text
        assert "&lt;b&gt;acme" in listed
        assert "<b>acme" not in listed
        assert 'href="/actions"' not in listed
        seen = [visitor.get(path).status_code for path in ("/", "/actions", "/held", "/cases", "/enforcement")]
        assert seen == [200] * 5
        assert house.troubles == []
