"""`tipstaff reports`."""

from __future__ import annotations

from desks import CLAUSE, Desks

from streams.enforcement.ledger import schema


def reported(office: Desks, *more: object, by: str = "rae") -> str:
    told = office.run("reports", "add", "they mine", "--reporter", "r-1", *more, "--json", by=by)
    assert told.code == 0
    return str(told.json["report_id"])


def test_a_report_is_listed_until_it_is_answered(office: Desks) -> None:
    """A report has a case and is in the list; answered, it is only in the list of all."""
    report = reported(office, "--account", "acme", "--clause", CLAUSE)
    (told,) = office.run("reports", "list", "--json").json
    assert (told["report_id"], told["account_id"], told["clause"], told["urgent"]) == (report, "acme", CLAUSE, False)
    assert "they mine" in office.run("reports", "list").out
    assert office.asks("rae", "reports", "answer", report[:8], "--text", "thank you").code == 0
    assert office.run("reports", "list", "--json").json == []
    (told,) = office.run("reports", "list", "--all", "--json").json
    assert (told["state"], told["answer"], told["answered_by"]) == ("answered", "thank you", "rae")


def test_a_threat_to_life_is_urgent_at_once(office: Desks) -> None:
    """One such report opens an urgent case and pages; the list says so."""
    reported(office, "--matter", "threat_to_life", "--subject", "post-9")
    assert "URGENT" in office.run("reports", "list").out
    assert any(one.data["severity"] == "critical" for one in office.play.pages.got.values())
    (case,) = office.play.rows(schema.cases)
    assert case["urgent"]


def test_a_report_about_minors_shows_to_one_role(office: Desks) -> None:
    """Anybody may report it; what comes of it shows to child safety's role alone."""
    reported(office, "--matter", "minors")
    assert office.run("reports", "list", "--json", by="rae").json == []
    assert len(office.run("reports", "list", "--json", by="cas").json) == 1


def test_unexpected_behaviour_is_for_the_models_owners(office: Desks) -> None:
    """Such a report is answered by who owns models, and by no reviewer; it breaks no clause."""
    office.hire("moe", "owner_of_models")
    report = reported(office, "--kind", "unexpected_behaviour")
    assert office.asks("rae", "reports", "answer", report, "--text", "thanks").code == 1
    assert office.asks("moe", "reports", "answer", report, "--text", "thanks").code == 0
    refused = office.run("reports", "add", "odd", "--reporter", "r", "--kind", "unexpected_behaviour", "--clause",
                         CLAUSE, by="rae")  # fmt: skip
    assert (refused.code, "breaks no clause" in refused.err) == (1, True)


def test_kinds_can_be_listed_apart(office: Desks) -> None:
    """--kind leaves only reports of that kind."""
    reported(office)
    reported(office, "--kind", "unexpected_behaviour")
    for kind in ("violation", "unexpected_behaviour"):
        assert [one["kind"] for one in office.run("reports", "list", "--kind", kind, "--json").json] == [kind]
