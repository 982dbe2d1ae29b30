"""Logging in with a credential, as the page's script does it."""

from __future__ import annotations

import json
from pathlib import Path

import sqlalchemy as sa
from command_line import tipstaff
from visiting import House

from streams.enforcement.ledger import schema
from streams.enforcement.people.credentials import new_credential
from streams.web.challenges import GOOD_S
from streams.web.sessions import IDLE_S, MOST_S


def revoke(house: House, name: str) -> None:
    with house.play.ledger.writing(house.play.now_ms) as tx:
        tx.update(schema.people, schema.people.c.name == name, revoked_ms=house.play.now_ms)


def test_a_person_logs_in_and_out(house: House) -> None:
    """A signature opens a session in a cookie that scripts cannot read; logging out ends it and clears the browser."""
    rita = house.visitor()
    assert rita.get("/alerts").status_code == 401
    answer = rita.login(house.play.credentials["rita"])
    assert answer.status_code == 200
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/"))
    page = rita.get("/alerts")
    assert page.status_code == 200
    assert "rita" in page.text
    assert "reviewer" in page.text
    kept = dict(rita.http.cookies)
    refused = rita.post("/logout", b"csrf=wrong")
    assert refused.status_code == 403
    left = rita.post("/logout", f"csrf={rita.csrf()}".encode(), Origin="null")  # as forms of our pages come
    assert left.headers["Clear-Site-Data"] == '"storage"'
    rita.http.cookies.update(kept)
    assert rita.get("/alerts").status_code == 401


def test_what_opens_nothing(house: House) -> None:
    """Another's key, the report form's own, a name nobody has, another host's signature, a changed challenge and
    nonsense all fail alike.
    """
    rita, stranger = house.play.credentials["rita"], new_credential("rita")
    visitor = house.visitor()
    nonce = visitor.post("/login/challenge").json()["nonce"]
    other = ("A" if nonce[5] != "A" else "B").join((nonce[:5], nonce[6:]))
    house.play.hire("form", "intake")
    others = [stranger, house.play.credentials["form"], new_credential("nobody")]
    changes = [{"host": "127.0.0.1:1"}, {"nonce": other}, {"nonce": "x"}, {"name": "ada"}]
    answers = [visitor.login(one) for one in others] + [visitor.login(rita, **changed) for changed in changes]
    assert [one.status_code for one in answers] == [403] * 7
    assert len({one.text for one in answers}) == 1
    assert visitor.post("/login", b"{").status_code == 400
    assert visitor.post("/login", b"x" * 5_000).status_code == 413
    assert not visitor.http.cookies


def test_logins_are_in_the_audit(house: House, tmp_path: Path) -> None:
    """Who came in, left or was refused, and how, by name; a refused one under nobody's, unknown names not at all."""
    visitor, mine = house.visitor(), house.play.credentials["rita"]
    house.play.hire("form", "intake")
    visitor.login(mine)
    visitor.post("/logout", f"csrf={visitor.csrf()}".encode())
    visitor.login(new_credential("rita"))
    visitor.login(new_credential("stranger"))
    visitor.login(house.play.credentials["form"])
    revoke(house, "rita")
    visitor.login(mine)
    kept = [(row["by"], *(row["body"][name] for name in ("name", "how", "outcome")))
            for row in house.play.rows(schema.audit, schema.audit.c.kind == "login")]  # fmt: skip
    assert kept == [("rita", "rita", "credential", "in"), ("rita", "rita", "credential", "out"),
                    ("nobody", "rita", "credential", "refused"), ("form", "form", "credential", "no_role"),
                    ("rita", "rita", "credential", "revoked")]  # fmt: skip
    listed = tipstaff("audit", "list", "--kind", "login", "--by", "rita", "--limit", 2, "--data-dir", tmp_path,
                      "--json")  # fmt: skip
    assert [row["body"]["outcome"] for row in json.loads(listed.out)] == ["revoked", "out"]


def test_nobody_comes_in_unrecorded(house: House) -> None:
    """Where the record cannot be written no session begins, and whoever asked is told that the ledger is the reason."""
    visitor = house.visitor()
    house.play.ledger.fence = -1  # another process has taken over
    answer = visitor.login(house.play.credentials["rita"])
    assert answer.status_code == 503
    assert not visitor.http.cookies
    house.play.ledger.fence = None
    assert visitor.login(house.play.credentials["rita"]).status_code == 200


def test_a_challenge_is_good_once_and_for_a_minute(house: House) -> None:
    """The same signature opens once; one of a challenge that is too old never does."""
    visitor, mine = house.visitor(), house.play.credentials["rita"]
    nonce = visitor.post("/login/challenge").json()["nonce"]
    assert visitor.login(mine, nonce=nonce).status_code == 200
    assert visitor.login(mine, nonce=nonce).status_code == 403
    late = visitor.post("/login/challenge").json()["nonce"]
    house.now_s += GOOD_S
    assert visitor.login(mine, nonce=late).status_code == 403


def test_a_session_ends(house: House) -> None:
    """Idle for half an hour, or after twelve hours however busy."""
    visitor, mine = house.visitor(), house.play.credentials["rita"]
    visitor.login(mine)
    house.now_s += IDLE_S - 1
    assert visitor.get("/alerts").status_code == 200
    house.now_s += IDLE_S
    assert visitor.get("/alerts").status_code == 401
    visitor.login(mine)
    began = house.now_s
    while house.now_s - began < MOST_S - IDLE_S:
        house.now_s += IDLE_S - 60
        assert visitor.get("/alerts").status_code == 200
    house.now_s = began + MOST_S
    assert visitor.get("/alerts").status_code == 401


def test_whoever_is_revoked_is_out_at_once(house: House) -> None:
    """Neither a session that is open nor a new login lasts; nor does a session outlive its key."""
    visitor, mine = house.visitor(), house.play.credentials["rita"]
    visitor.login(mine)
    revoke(house, "rita")
    assert visitor.get("/alerts").status_code == 401
    assert visitor.login(mine).status_code == 403
    house.visitor()
    ada = house.visitor()
    ada.login(house.play.credentials["ada"])
    with house.play.ledger.writing(house.play.now_ms) as tx:
        key = new_credential("ada").public_text
        tx.connection.execute(sa.update(schema.people).where(schema.people.c.name == "ada").values(public_key=key))
    assert ada.get("/alerts").status_code == 401


def test_attempts_run_out_and_come_back(house: House) -> None:
    """Whoever tries without end is told to wait, and for how long."""
    visitor = house.visitor()
    answers = [visitor.post("/login", b"{").status_code for _ in range(21)]
    assert answers == [400] * 20 + [429]
    wait = int(visitor.post("/login", b"{").headers["Retry-After"])
    house.now_s += wait
    assert visitor.login(house.play.credentials["rita"]).status_code == 200
