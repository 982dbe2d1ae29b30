"""What a book keeps is bounded by its cap, whoever comes."""

from __future__ import annotations

from features.book import Book

_CAP = 1_000


def strangers(book: Book, first: int, last: int) -> None:
    """So many entities come, are first seen at their number, and are freed."""
    names = [f"acct-{number}" for number in range(first, last)]
    slots = book.take(names)
    book.first_seen[slots] = range(first, last)
    book.free(slots)


def test_those_freed_are_remembered_up_to_twice_the_cap() -> None:
    """However many strangers come and go, first_seen is remembered of the last of them alone, and that is known."""
    book = Book("account", [], 60_000, _CAP)
    strangers(book, 0, 2 * _CAP)
    assert (len(book.remembered), book.forgetful) == (2 * _CAP, False)
    for first in range(2 * _CAP, 10 * _CAP, 500):
        strangers(book, first, first + 500)
    assert (len(book.remembered), book.forgetful) == (2 * _CAP, True)
    (slot,) = book.take([f"acct-{10 * _CAP - 1}"]).tolist()
    assert book.first_seen[slot] == 10 * _CAP - 1
    assert book.was_kept("never seen")
    assert len(book.names) == 2 * _CAP
