"""What people fill in is checked field by field, and becomes the arguments of one command."""

from __future__ import annotations

import pytest
from desks import shipped
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples
from web_intake import filled

from detectors.clauses import Clause
from streams.enforcement.people.verbs import read_args
from streams.web.intake.field import Shape
from streams.web.intake.forms import MOST_TEXT, public_clauses, read, report_args
from streams.web.intake.kinds import KINDS
from streams.web.intake.strangers import ANONYMOUS, reporter_of

CLAUSES = {"harassment": "Harassment and bullying"}
_KINDS = st.sampled_from(list(KINDS.values()))
_ANYTHING = st.one_of(st.text(max_size=3_000), st.none(), st.booleans(), st.integers(), st.lists(st.text(max_size=3)))


@given(st.data())
@settings(max_examples=examples(60), deadline=None)
def test_whatever_comes_is_told_or_taken(data: st.DataObject) -> None:
    """Anything at all in any field either is an error at a field of its form, or makes a command that is taken."""
    kind = data.draw(_KINDS)
    names = st.sampled_from([*(one.name for one in kind.fields), "account_id"])
    told = dict(filled(kind.id)) | data.draw(st.dictionaries(names, _ANYTHING, max_size=4))
    found = read(kind, told, CLAUSES)
    if found.errors:
        assert set(found.errors) <= {one.name for one in kind.fields} | {"form"}
        assert all(found.errors.values())
    else:
        read_args("report.add", report_args(kind, found.values, ANONYMOUS))


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_may_be_filled_to_the_brim(kind: str) -> None:
    """As many characters as every field allows are taken; one more is told at its field, with both numbers."""
    fields = KINDS[kind].fields
    full = filled(kind) | {one.name: "x" * one.most for one in fields if one.most}
    found = read(KINDS[kind], full, CLAUSES)
    assert not found.errors
    assert len(report_args(KINDS[kind], found.values, ANONYMOUS)["text"]) <= MOST_TEXT
    over = read(KINDS[kind], {name: value + "x" for name, value in full.items()}, CLAUSES).errors
    assert {one.name for one in fields if one.most} == {name for name, told in over.items() if "At most" in told}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_needed_is_asked_for_all_at_once(kind: str) -> None:
    """An empty form is told everything that it needs, and nothing that it does not."""
    needed = {one.name for one in KINDS[kind].fields if one.needed}
    assert set(read(KINDS[kind], {}, CLAUSES).errors) == needed
    assert needed >= ({"good_faith", "accurate", "name", "contact"} if "States" in str(KINDS[kind].fields) else set())


def test_control_characters_are_refused() -> None:
    """Where a line or a text holds what cannot be shown, it is said there; ends of lines and tabs are text."""
    kind = KINDS["violation"]
    for value in ("a\0b", "a\x1b[31mb", "a\ud800b", "a\x7fb"):
        assert set(read(kind, filled("violation", text=value, contact=value), CLAUSES).errors) == {"text", "contact"}
    found = read(
        kind, filled("violation", text="one\r\n\ttwo", subject="https://a.example\n https://b.example"), CLAUSES
    )
    assert not found.errors
    assert found.values["text"] == "one\n\ttwo"
    assert found.values["subject"] == "https://a.example https://b.example"


def test_no_typed_line_passes_for_ours() -> None:
    """What people type stands set in: nobody signs for another by typing what we write."""
    found = read(KINDS["violation"], filled("violation", text="hello\nContact: boss@example.org"), CLAUSES)
    lines = report_args(KINDS["violation"], found.values, ANONYMOUS)["text"].splitlines()
    assert [one for one in lines if one.startswith("Contact:")] == ["Contact: Rae@Example.org"]


def test_only_public_clauses_can_be_named() -> None:
    """Those of the policy about others: none of child safety's, of our own side's, or with a form of its own."""
    public = public_clauses(shipped().clauses)
    assert {"spam", "self-harm", "scams"} < set(public)
    hidden = {"child-safety", "child-grooming", "unusual-use", "failed-enforcement", "likeness", "intimate-imagery",
              "infringing-works"}  # fmt: skip
    assert not hidden & set(public)
    assert "without" not in public_clauses({"without": Clause("without", "t", "t", "low", "r", "rule", (), ())})
    assert "clause" in read(KINDS["violation"], filled("violation", clause="child-safety"), public).errors


def test_ticks_are_agreed_to_and_nothing_else() -> None:
    """A statement counts where it is true (or a form's yes), never where something else was said."""
    kind = KINDS["counter_notice"]
    for told, agreed in ((True, True), ("yes", True), (False, False), ("no", False), (1, False), ("", False)):
        assert ("accurate" not in read(kind, {**filled("counter_notice"), "accurate": told}, {}).errors) is agreed


def test_a_contact_is_the_same_however_it_is_written() -> None:
    """Space and capitals make no other reporter; another key does; nobody is named by what they typed."""
    key, other = b"k" * 32, b"o" * 32
    assert reporter_of(" Rae@Example.org", key) == reporter_of("rae@EXAMPLE.org ", key)
    assert reporter_of("rae@example.org", key) != reporter_of("rae@example.org", other)
    assert reporter_of("  ", key) == ANONYMOUS
    assert "rae" not in reporter_of("rae", key)


def test_shapes_are_all_in_use() -> None:
    """Every shape of a field is some form's: templates draw no other."""
    assert {one.shape for kind in KINDS.values() for one in kind.fields} == set(Shape)
