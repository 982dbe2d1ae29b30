"""The built-in page of `tipstaff enforce`: what people ask for goes by the commands' topic."""

from __future__ import annotations

import base64
import re

import httpx
from enforcers import Post, enforcing, now_ms, verified, wait_leads

from streams.enforcement.ledger import schema
from streams.enforcement.people.commands import new_command, signed
from streams.web.challenges import login_message


def test_a_standby_takes_commands_too(post: Post) -> None:
    """Logged in at a process that does not lead, a person's command is written, done by the leader, and answered; one
    that was not signed by them is not even written.
    """
    post.hire("rita", "reviewer")
    mine = post.credentials["rita"]
    with enforcing(post, "one.log") as leader:
        wait_leads(leader)
        with enforcing(post, "two.log") as standby:
            standby.wait_ready()
            host = standby.address()
            with httpx.Client(base_url=f"http://{host}", trust_env=False, timeout=60) as http:
                own = {"Origin": f"http://{host}"}
                nonce = http.post("/login/challenge", headers=own).json()["nonce"]
                signature = mine.sign(login_message("rita", nonce, host))
                told = {"name": "rita", "nonce": nonce, "signature": base64.b64encode(signature).decode()}
                assert http.post("/login", json=told, headers=own).status_code == 200
                page = http.get("/cases").text
                csrf = re.search(r'name="tipstaff-csrf" content="([^"]+)"', page)
                assert csrf is not None, page
                line = signed(new_command("rita", "case.open", {"title": "by the page"}, "to try", now_ms()), mine)
                own["X-Tipstaff-CSRF"] = csrf[1]
                done = http.post("/commands", content=line, headers=own)
                assert done.json()["ending"] == "done", done.text
                forged = line.replace(b"by the page", b"by the pagf")
                assert http.post("/commands", content=forged, headers=own).json()["ending"] == "refused"
                assert "by the page" in http.get("/cases").text
    assert [row["title"] for row in post.rows(schema.cases)] == ["by the page"]
    assert len(post.rows(schema.commands)) == 1
    logins = post.rows(schema.audit, schema.audit.c.kind == "login")
    assert [(row["by"], row["body"]["outcome"]) for row in logins] == [("rita", "in")]
    verified(post)
