"""The statement of reasons for an account's owner, as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from streams.dead_letters import clipped
from streams.enforcement.policy.rungs import ACCOUNT, NOTICE, TERMINATE
from streams.enforcement.statement.restriction import CHILD_SAFETY, Restriction, Source
from streams.enforcement.statement.wording import DONE, moment, named

_MOST_USERS = 100


def as_text(restriction: Restriction) -> str | None:
    """What the owner reads: what was done, since and until when, why, how it was found, what lifts it, and how to
    appeal. None where nobody may be told: under child safety, until a reviewer lets it go.
    """
    if restriction.silent:
        return None
    parts = (
        ("What we have done", _done(restriction)),
        ("Why", _why(restriction)),
        ("Your users", _users(restriction)),
        ("How this was found and decided", _found(restriction)),
        ("What you can do", _ways_out(restriction)),
        ("If you think that this is wrong", _appeal(restriction)),
    )
    found = ["\n".join((title, *lines)) for title, told in parts if (lines := list(told))]
    return "\n\n".join((*found, f"Reference: {restriction.action_id}\n"))


def _done(one: Restriction) -> Iterator[str]:
    what = f"{DONE[one.rung]} {named(one.kind, one.entity_id)}"
    if one.rung == NOTICE:
        yield f"We have {what}. Nothing has been restricted."
        return
    yield f"We have {what}{' to protect you' if one.victim and one.path != CHILD_SAFETY else ''}."
    end = "It is meant to last." if one.rung == TERMINATE else "It has no set end: what lifts it stands below."
    yield f"Since: {moment(one.begins_ms)}. " + (end if one.ends_ms is None else f"Until: {moment(one.ends_ms)}.")


def _why(one: Restriction) -> Iterator[str]:
    if one.path == CHILD_SAFETY:  # what it rests on is for the reviewers alone
        yield f"Use of the account conflicts with {_document(one)}."
        return
    if one.victim:
        what = f"somebody other than you was using {named(one.kind, one.entity_id)}"
        yield f"What happened up to {moment(one.seen_ms)} looks as if {what}."
        yield "We do not hold this against you, and it counts as no strike."
        return
    yield f"What happened up to {moment(one.seen_ms)} looks like a breach of this clause:"
    yield f"  {one.clause_title}. {one.clause_text}"
    where = f", section {one.section}" if one.section else ""
    yield f"  ({_document(one)}{where})"


def _users(one: Restriction) -> Iterator[str]:
    if not one.end_users or one.victim or one.path == CHILD_SAFETY:
        return
    yield "It comes from users of your own. These are their ids as you send them, or keyed hashes of those:"
    yield from (f"  {clipped(user, 128)}" for user in one.end_users[:_MOST_USERS])
    if len(one.end_users) > _MOST_USERS:
        yield f"  and {len(one.end_users) - _MOST_USERS:,} others"
    if one.deadline_ms is not None:
        yield f"Please see to it before {moment(one.deadline_ms)}. If it goes on, the account itself may be restricted."


def _found(one: Restriction) -> Iterator[str]:
    if one.path == CHILD_SAFETY:
        return
    if one.source in (Source.ARTICLE_16, Source.TRUSTED_FLAGGER):
        yield "Somebody notified us of it" + (", and automatic checks of usage found it." if one.detected else ".")
    elif one.source == Source.REPORT:
        yield "Somebody reported it" + (", and automatic checks of usage found it." if one.detected else ".")
    else:
        yield "Automatic checks of usage found it." if one.detected else "Our own staff found it."
    yield _decided(one)


def _decided(one: Restriction) -> str:
    if not one.automatic:
        return "A person decided on it."
    return "It was decided automatically" + (", and a person agreed." if one.confirmed else ": no person took part.")


def _ways_out(one: Restriction) -> Iterator[str]:
    if one.to_lift and one.path != CHILD_SAFETY:
        yield one.to_lift
    elif one.ends_ms is None:
        yield "A person decides when it is lifted. Appeal, or answer this message."
    if one.rung == NOTICE and one.kind == ACCOUNT and not one.victim:
        yield "Should it go on, restrictions may follow."


def _appeal(one: Restriction) -> Iterator[str]:
    where = f"at {one.appeal_url}" if one.appeal_url else "by answering this message"
    yield f"Appeal {where}, with the reference below. A person decides on appeals, and not the one who decided this."
    if one.rung != NOTICE:
        yield "You may also turn to a certified out-of-court dispute settlement body, or to a court."


def _document(one: Restriction) -> str:
    return f"our {one.document.removeprefix('our ')}" if one.document else "our terms"
