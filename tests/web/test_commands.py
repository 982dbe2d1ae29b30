"""What people ask for on the page."""

from __future__ import annotations

from playing import made_alert
from visiting import House

from streams.enforcement.ledger import schema


def test_a_command_is_obeyed(house: House) -> None:
    """A signed line is done as it is by the command line, and what became of it is told."""
    rita, mine = house.visitor(), house.play.credentials["rita"]
    rita.login(mine)
    assert rita.get("/clock").json() == {"now_ms": house.play.now_ms}
    done = rita.command(mine, "case.open", {"title": "look at this"})
    assert (done.status_code, done.json()["ending"]) == (200, "done")
    assert [row["title"] for row in house.play.rows(schema.cases)] == ["look at this"]
    turned = rita.command(mine, "enforcement.resume", {"scopes": ["all"]})
    assert (turned.status_code, turned.json()["ending"]) == (422, "refused")
    assert "needs the role" in turned.json()["detail"]


def test_a_second_person_is_waited_for(house: House) -> None:
    """What takes two people waits, and says so."""
    ada, mine = house.visitor(), house.play.credentials["ada"]
    house.play.hire("alan", "admin")
    ada.login(mine)
    waits = ada.command(mine, "enforcement.resume", {"scopes": ["rung:suspend"]})
    assert (waits.status_code, waits.json()["ending"]) == (202, "waits")


def test_requests_of_other_pages_are_refused(house: House) -> None:
    """Without the session's token, from another origin, site or port, or with nobody's session, nothing happens."""
    rita, mine = house.visitor(), house.play.credentials["rita"]
    rita.login(mine)
    title = {"title": "never"}
    answers = [
        rita.command(mine, "case.open", title, X_Tipstaff_CSRF="x"),
        rita.command(mine, "case.open", title, X_Tipstaff_CSRF=""),
        rita.command(mine, "case.open", title, Origin="http://evil.example"),
        rita.command(mine, "case.open", title, Origin="http://127.0.0.1:1"),
        rita.command(mine, "case.open", title, Sec_Fetch_Site="same-site"),
        rita.command(mine, "case.open", title, Origin="null", Sec_Fetch_Site="cross-site"),
        rita.command(mine, "case.open", title, Host="evil.example"),
        rita.http.post("/commands", content=b"{}", headers={"X-Tipstaff-CSRF": rita.csrf()}),
    ]
    assert [one.status_code for one in answers] == [403] * 8
    assert house.visitor().post("/commands", b"{}").status_code == 401
    assert house.play.rows(schema.cases) == []


def test_nobody_speaks_for_another(house: House) -> None:
    """A command must be in the name of whose session it is, small enough, and signed with that person's key."""
    rita, ada = house.visitor(), house.play.credentials["ada"]
    rita.login(house.play.credentials["rita"])
    assert rita.command(ada, "case.open", {"title": "never"}).status_code == 403
    csrf = rita.csrf()
    assert rita.post("/commands", b"not json", X_Tipstaff_CSRF=csrf).status_code == 403
    assert rita.post("/commands", b"x" * 900_001, X_Tipstaff_CSRF=csrf).status_code == 413
    forged = b'{"command":{"by":"rita"},"signature":""}'
    assert rita.post("/commands", forged, X_Tipstaff_CSRF=csrf).status_code == 422
    assert house.play.rows(schema.cases) == []


def test_restricted_matters_are_noted_before_they_show(house: House) -> None:
    """Whoever may see child safety's alerts leaves a record of having looked; whoever may not sees none."""
    house.play.alert(made_alert("hash", "child_safety", restricted=True))
    house.play.hire("carol", "child_safety")
    rita, carol = house.visitor(), house.visitor()
    rita.login(house.play.credentials["rita"])
    assert "child_safety" not in rita.get("/alerts").text
    looks = [row for row in house.play.rows(schema.audit) if row["kind"] == "look"]
    assert looks == []
    carol.login(house.play.credentials["carol"])
    assert "child_safety" in carol.get("/alerts").text
    looks = [row for row in house.play.rows(schema.audit) if row["kind"] == "look"]
    assert [row["by"] for row in looks] == ["carol"]
