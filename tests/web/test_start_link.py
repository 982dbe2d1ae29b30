"""The way in where nobody has a credential."""

from __future__ import annotations

from pathlib import Path

from visiting import opened_house


def test_the_link_opens_once_and_lets_look(tmp_path: Path) -> None:
    """Its token gives a session that may look and do nothing; a second use gives none, a new one is shown on demand."""
    with opened_house(tmp_path, by_link=True) as house:
        visitor, other = house.visitor(), house.visitor()
        assert other.get("/enter?token=wrong").status_code == 403
        entered = visitor.get(house.links[0])
        assert (entered.status_code, entered.headers["Location"]) == (303, "/")
        assert "looking only" in visitor.get("/alerts").text
        assert other.get(house.links[0]).status_code == 403
        line = b'{"command":{"by":"rita"},"signature":""}'
        refused = visitor.post("/commands", line, X_Tipstaff_CSRF=visitor.csrf())
        assert refused.status_code == 403
        assert "credential" in refused.json()["detail"]
        assert other.get("/alerts").status_code == 401
        assert other.post("/enter").status_code == 200
        assert len(house.links) == 2
        assert other.get(house.links[1]).status_code == 303


def test_credentials_shut_the_link(tmp_path: Path) -> None:
    """Once somebody has a credential neither the link nor what it opened counts."""
    with opened_house(tmp_path, by_link=True) as house:
        visitor = house.visitor()
        visitor.get(house.links[0])
        assert visitor.get("/alerts").status_code == 200
        house.play.hire("rita", "reviewer")
        assert visitor.get("/alerts").status_code == 401
        assert visitor.post("/enter").status_code == 403
        assert visitor.login(house.play.credentials["rita"]).status_code == 200
