"""Conditions that name lists of indicators."""

from __future__ import annotations

import polars as pl
import pytest

from features.catalog import event_dtypes
from features.listing import Listing, named, outlined
from features.sql import SqlProblem, compile_condition

LISTS = {
    "pools": Listing("pools", "domain", "", "", "2099-01-01", ("pool.example", "a-b.test")),
    "images": Listing("images", "exact", "", "", "2099-01-01", ("sha256:ab", "it's")),
    "none": Listing("none", "exact", "", "", "2099-01-01", ()),
}


def held(condition: str, **event: str | None) -> bool:
    """Whether a condition holds of an event."""
    frame = pl.DataFrame({name: [value] for name, value in event.items()}, schema=dict.fromkeys(event, pl.String))
    return frame.select(compile_condition(condition, event_dtypes(), LISTS).expr).item() is True


@pytest.mark.parametrize(("host", "listed"), [
    ("pool.example", True), ("eu.POOL.example", True), ("pool.example.", True), ("a-b.test", True),
    ("carpool.example", False), ("pool.example.org", False), ("poolxexample", False), (None, False), ("", False),
])  # fmt: skip
def test_a_domain_matches_itself_and_what_is_below_it(host: str | None, listed: bool) -> None:
    """Never a name that merely ends alike, and a dot is a dot."""
    assert held("LISTED(tls_sni, 'pools')", tls_sni=host) is listed


def test_other_entries_match_exactly() -> None:
    """Digests and fingerprints, quotes and all; an empty list matches nothing."""
    assert held("LISTED(image_digest, 'images')", image_digest="sha256:ab")
    assert held("LISTED(image_digest, 'images')", image_digest="it's")
    assert not held("LISTED(image_digest, 'images')", image_digest="SHA256:AB")
    assert not held("LISTED(image_digest, 'none')", image_digest="sha256:ab")


def test_lists_stand_beside_other_conditions() -> None:
    """They are conditions like any other."""
    text = "NOT LISTED(tls_sni, 'pools') AND (LISTED(dst_host, 'pools') OR protocol = 'udp')"
    assert held(text, tls_sni="x.test", dst_host="pool.example", protocol="tcp")
    assert not held(text, tls_sni="pool.example", dst_host="pool.example", protocol="udp")
    assert named(text) == ("pools", "pools")


def test_a_place_in_the_text_stays_its_place() -> None:
    """An error behind a list points at what was written."""
    text = "LISTED(tls_sni, 'pools') AND prot = 'udp'"
    assert len(outlined(text)) == len(text)
    with pytest.raises(SqlProblem) as refused:
        compile_condition(text, event_dtypes(), LISTS)
    assert text[refused.value.at :].startswith("prot")


def test_an_unknown_list_is_refused() -> None:
    """With its place and the nearest name."""
    with pytest.raises(SqlProblem, match="no list pool") as refused:
        compile_condition("LISTED(tls_sni, 'pool')", event_dtypes(), LISTS)
    assert (refused.value.hint, refused.value.at) == ("did you mean pools?", 17)


def test_a_large_list_is_cut_into_patterns_that_compile() -> None:
    """Ten thousand domains are one condition."""
    entries = tuple(f"host-{i}.pool{i % 7}.example" for i in range(10_000))
    lists = {"many": Listing("many", "domain", "", "", "2099-01-01", entries)}
    expr = compile_condition("LISTED(tls_sni, 'many')", event_dtypes(), lists).expr
    frame = pl.DataFrame({"tls_sni": ["x.host-9999.pool3.example", "host-9999.pool4.example"]})
    assert frame.select(expr).to_series().to_list() == [True, False]
