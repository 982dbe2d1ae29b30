"""What people filled in, checked, and the report that it makes: one place for the form and for JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from detectors.clauses import Clause
from streams.web.intake.field import CLAUSE, CONTACT, SUBJECT, Field, Shape
from streams.web.intake.kinds import KINDS, Kind

MOST_TEXT = 4_000
"""Characters of a report's text, which all that is asked for goes into but its subject."""

WHOLE = "form"
"""What errors are about that are no field's."""

_YES = "yes"
_OWN_FORMS = frozenset({*(kind.clause for kind in KINDS.values() if kind.clause), "intimate-imagery"})


@dataclass(frozen=True)
class Filled:
    """values: as they were meant, by field; errors: in words, by field: where there is none, it can be handed on."""

    values: Mapping[str, str]
    errors: Mapping[str, str]


def public_clauses(clauses: Mapping[str, Clause]) -> dict[str, str]:
    """The clauses that people may name, with their titles: those that rest on a document and are about others, but for
    those that have a form of their own.
    """
    return {
        one.id: one.title for one in clauses.values()
        if one.basis and one.path not in ("ours", "child_safety") and one.id not in _OWN_FORMS
    }  # fmt: skip


def read(kind: Kind, given: Mapping[str, object], clauses: Mapping[str, str]) -> Filled:
    """Check what was filled in. given: by field, texts or (for a tick) true; clauses: that may be named, with titles.

    Never raises; whatever is wrong is told at its field, all of it at once.
    """
    known = {field.name: field for field in kind.fields}
    values = {name: _meant(field, given.get(name)) for name, field in known.items()}
    errors = {name: wrong for name, field in known.items() if (wrong := _wrong(field, given, values[name], clauses))}
    strange = sorted(set(given) - set(known))
    if strange:
        errors[WHOLE] = f"This form has no field called {_quoted(strange[0])}; it has {', '.join(known)}."
    elif not errors and (over := len(written(kind, values)) - MOST_TEXT) > 0:
        errors[WHOLE] = f"This is {over:,} characters more than a report may have altogether: please shorten it."
    return Filled(values, errors)


def report_args(kind: Kind, values: Mapping[str, str], reporter: str) -> dict[str, str]:
    """The arguments of `report.add`. values: without errors; reporter: as enforcement calls whoever reports."""
    told = {"kind": kind.about, "reporter_id": reporter, "text": written(kind, values),
            "subject_ref": values.get(SUBJECT, ""), "clause": kind.clause or values.get(CLAUSE, ""),
            "matter": kind.matter or ""}  # fmt: skip
    return {name: value for name, value in told.items() if value}


def written(kind: Kind, values: Mapping[str, str]) -> str:
    """The report as people read it. Lines that were typed are set in, so that none can pass for one of ours."""
    return "\n".join([f"Form: {kind.title}", *_lines(kind, values)])


def _lines(kind: Kind, values: Mapping[str, str]) -> Iterator[str]:
    for field in kind.fields:
        value = values[field.name]
        if not value or field.name in (SUBJECT, CLAUSE):
            continue
        shown = field.options.get(value, value)
        yield f"{field.short}:\n  " + shown.replace("\n", "\n  ") if "\n" in shown else f"{field.short}: {shown}"


def _meant(field: Field, told: object) -> str:
    """A field's value without what nobody meant by it: space around it, the sender's ends of lines."""
    if field.shape is Shape.TICK:
        return _YES if told is True or told == _YES else ""
    if not isinstance(told, str):
        return ""
    text = unicodedata.normalize("NFC", told.replace("\r\n", "\n").replace("\r", "\n")).strip()
    one_line = field.shape is Shape.LINE or field.name == SUBJECT
    return " ".join(text.split()) if one_line else text


def _wrong(field: Field, given: Mapping[str, object], value: str, clauses: Mapping[str, str]) -> str | None:
    told = given.get(field.name)
    if field.shape is Shape.TICK:
        return None if value else "Please confirm this: the report counts only with it."
    if told is not None and not isinstance(told, str):
        return "This must be a text."
    if not value:
        return "Please fill this in." if field.needed else None
    if field.shape in (Shape.CHOICE, Shape.CLAUSE):
        return _wrong_choice(value, field.options or clauses)
    return _wrong_text(field, value)


def _wrong_choice(value: str, options: Mapping[str, str]) -> str | None:
    return None if value in options else f"Please choose one of these: {', '.join(options)}."


def _wrong_text(field: Field, value: str) -> str | None:
    if len(value) > field.most:
        return f"At most {field.most:,} characters, please; this has {len(value):,}."
    allowed = "\n\t" if field.shape is Shape.LINES else ""
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in allowed for one in value):
        return "This holds characters that cannot be shown (control characters): please type it anew."
    return None


def _quoted(name: str) -> str:
    return repr(name[:40])


def contact_of(values: Mapping[str, str]) -> str:
    """How whoever reports can be reached, empty where they did not say."""
    return values.get(CONTACT, "")
