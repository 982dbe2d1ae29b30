"""Records as RFC 8785 bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.enforcement.audit.canonical import NotCanonical, canonical
from streams.enforcement.audit.kinds import Kind

_TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXTS
    | st.floats(-(2.0**53) + 1, 2.0**53 - 1) | st.floats(1e21, 1e300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4), max_leaves=12,
)  # fmt: skip


def test_the_rfc_s_own_example_comes_out_as_it_says() -> None:
    """RFC 8785, section 3.2.2 and 3.2.3: numbers as ECMAScript writes them, keys by UTF-16, nothing else escaped."""
    told = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
        "literals": [None, True, False],
    }  # fmt: skip
    assert (
        canonical(told)
        == (
            '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ).encode()
    )
    by_utf16 = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert canonical(by_utf16) == '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}'.encode()


@given(st.dictionaries(_TEXTS, _JSON, max_size=4))
def test_what_was_read_back_has_the_same_bytes(record: dict[str, Any]) -> None:
    """Writing, reading and writing again changes nothing, in whatever order the keys stand."""
    written = canonical(record)
    assert canonical(json.loads(written)) == written
    assert canonical(dict(reversed(list(record.items())))) == written


def test_closed_words_are_written_as_texts() -> None:
    """A kind is written as its value."""
    assert canonical({"kind": Kind.DECISION}) == b'{"kind":"decision"}'


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"seq": 2**53}, "the record['seq'] cannot be written as canonical JSON: 9007199254740992 exceeds"),
        ({"body": {"share": [0.5, float("nan")]}}, "the record['body']['share'][1] cannot be written"),
        ({"body": {"share": float("inf")}}, "inf is not representable"),
        ({"body": {"share": 2.0**53}}, "the record['body']['share'] cannot be written as canonical JSON: 9007"),
        ({"body": {"title": "\ud800"}}, "the record['body']['title'] cannot be written as canonical JSON: input"),
        ({"\ud800": 1}, "the record cannot be written as canonical JSON: "),
        ({"body": {1: 2}}, "the record['body'] cannot be written as canonical JSON: object keys must be strings"),
        ({"body": {"when": object()}}, "unsupported type"),
        ({"body": b"bytes"}, "unsupported type"),
    ],
)  # fmt: skip
def test_what_json_cannot_say_is_refused_with_its_place(record: dict[str, Any], why: str) -> None:
    """Large integers, numbers that are not finite, broken texts, strange keys and types: where, and why."""
    with pytest.raises(NotCanonical) as refused:
        canonical(record)
    assert why in str(refused.value)


def test_endless_nesting_is_refused() -> None:
    """A record nested deeper than can be written is refused like any other, at once."""
    deep: dict[str, Any] = {}
    for _ in range(50_000):
        deep = {"a": deep}
    with pytest.raises(NotCanonical, match="nested too deep"):
        canonical(deep)


@pytest.mark.parametrize("depth", [100, 400, 700, 900, 2_000])
def test_a_flaw_far_down_is_refused_at_any_depth(depth: int) -> None:
    """Whatever the way to it costs, the refusal is a refusal."""
    deep: dict[str, Any] = {"a": float("nan")}
    for _ in range(depth):
        deep = {"a": deep}
    with pytest.raises(NotCanonical):
        canonical(deep)
