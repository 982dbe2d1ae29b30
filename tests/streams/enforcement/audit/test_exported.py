"""The audit as a file of lines."""

from __future__ import annotations

import io
import json

from chained import Chained, chained

from streams.enforcement.audit.exported import read_lines
from streams.enforcement.audit.verdict import Flaw, Verdict
from streams.enforcement.audit.verifying import verify

_CHAIN = chained(12, 4)


def _verified(lines: list[bytes], chain: Chained = _CHAIN) -> Verdict:
    return verify(read_lines(io.BytesIO(b"".join(lines))), chain.checkpoints, chain.keys)


def test_an_exported_audit_verifies() -> None:
    """What was written out is found to be as it was written."""
    assert _verified(_CHAIN.lines) == Verdict(records=12, last=12, vouched_to=12)


def test_the_same_content_in_another_spelling_verifies() -> None:
    """A file that another program wrote anew (order, spaces, escapes, line ends) says the same."""
    for options in ({"separators": (",", ":")}, {"indent": None}, {"sort_keys": True}, {"ensure_ascii": False}):
        lines = [json.dumps(json.loads(line), **options).encode() + b"\r\n" for line in _CHAIN.lines]
        assert _verified(lines).ok, options


def test_a_key_that_stands_twice_is_found() -> None:
    """Two readers could each see another record: of `record`, of `hash`, and of keys inside."""
    line = _CHAIN.lines[4]
    told = json.loads(line)
    inner = line.replace(b'"seq":5', b'"seq":5,"seq":5')
    outer = b'{"record":{"seq":5},' + line[1:]
    hashes = line.rstrip()[:-1] + b',"hash":"' + told["hash"].encode() + b'"}\n'
    for changed in (inner, outer, hashes):
        verdict = _verified([*_CHAIN.lines[:4], changed, *_CHAIN.lines[5:]])
        assert verdict.findings[0].seq == 5, changed


def test_lines_that_are_no_records_are_found_and_the_others_still_read() -> None:
    """Junk, empty lines, other objects and a cut last line are told where they stand; nothing stops."""
    junk = [b"\n", b"junk\n", b"[]\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n", b'{"record":1,"hash":"a"}\n']
    junk += [b'{"record":{},"hash":5}\n', b'{"record":{},"hash":"","x":1}\n']
    junk += [b'{"record":{"seq":true},"hash":"%s"}\n' % (b"0" * 64)]
    verdict = _verified([*_CHAIN.lines[:6], *junk, *_CHAIN.lines[6:]])
    assert [one.flaw for one in verdict.findings] == [Flaw.UNREADABLE] * len(junk)
    assert verdict.records == 12 + len(junk)
    assert _verified([*_CHAIN.lines[:11], _CHAIN.lines[11][:40]]).findings[0].flaw == Flaw.UNREADABLE
