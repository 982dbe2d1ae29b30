"""Conditions on single events in words."""

from __future__ import annotations

import pytest

from streams.condition_words import in_words
from streams.pack import read_pack


@pytest.mark.parametrize(("sql", "words"), [
    ("command_line ILIKE '%stratum+tcp://%'", 'command line contains "stratum+tcp://" (upper or lower case)'),
    ("process LIKE 'kw_rker%'", 'process begins with "kw_rker" (_ is any character)'),
    ("NOT path LIKE '%.php'", 'path does not end with ".php"'),
    ("path NOT LIKE 'a%b%'", 'path does not begin with "a", then "b"'),
    ("REGEXP_LIKE(COALESCE(tls_sni, dst_host), '^pool')", 'tls sni, or else dst host, matches the pattern "^pool"'),
    ("dst_port NOT IN (80, 443)", "dst port is none of 80, 443"),
    ("COALESCE(LOWER(protocol), 'tcp') IN ('tcp')", 'protocol in small letters ("tcp" where not told) is "tcp"'),
    ("NOT LISTED(tls_sni, 'mining-pools')", "tls sni is not on the list mining-pools"),
    ("workload_id IS NULL", "workload id is not told"),
    ("hash_match", "hash match: yes"),
    ("bytes_out - 45 * packets_out >= 0", "bytes out − 45 × packets out is at least 0"),
    ("NOT (a AND b = 1)", "a: no or b is not 1"),
    ("(a OR b) AND NOT c", "(a: yes or b: yes) and c: no"),
])  # fmt: skip
def test_what_sql_says(sql: str, words: str) -> None:
    """Each kind of match, and its opposite, reads as it holds."""
    assert in_words(sql) == words


@pytest.mark.parametrize("sql", ["x BETWEEN 1 AND 2", "ABS(x) > 1", "a LIKE 'b%c'", r"a LIKE '%\%%'", "a LIKE '%'",
                                 "((", "SELECT 1", "NOT a IN (SELECT 1)", "LISTED(a)", "("*2_000])  # fmt: skip
def test_what_has_no_words_is_left_to_its_sql(sql: str) -> None:
    """Nothing is told that is not said, whatever the text is."""
    assert in_words(sql) is None


def test_every_condition_on_events_that_we_ship_has_words() -> None:
    """Nobody has to read SQL to learn why a shipped rule fired on an event."""
    written = {one.text for rule in read_pack().rules if rule.on == "event" for one in rule.conditions}
    assert len(written) > 50
    assert [one for one in written if in_words(one) is None] == []
