"""Each way in which an audit can be wrong, and what is said of it."""

from __future__ import annotations

import io
import itertools
import time
import tracemalloc
from collections.abc import Iterator

import msgspec
from chained import START, body, chained, resealed

from streams.enforcement.audit.chain import GENESIS, record, sealed
from streams.enforcement.audit.checkpoints import signed
from streams.enforcement.audit.exported import Exported, as_line, read_lines
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.audit.signing import new_signing_key
from streams.enforcement.audit.verdict import Flaw, Verdict
from streams.enforcement.audit.verifying import MOST_FINDINGS, verify

_CHAIN = chained(30, 10)


def _verified(records: list[tuple[dict[str, object], str]]) -> Verdict:
    return verify(records, _CHAIN.checkpoints, _CHAIN.keys)


def _flaws(verdict: Verdict) -> list[tuple[Flaw, int]]:
    return [(one.flaw, one.seq) for one in verdict.findings]


def test_a_whole_chain_is_good() -> None:
    """Nothing is found in what nobody touched, and every record is vouched for."""
    assert _verified(_CHAIN.records) == Verdict(records=30, last=30, vouched_to=30)


def test_a_changed_record_is_named() -> None:
    """One other figure in a body is found at that record alone."""
    one, hash = _CHAIN.records[14]
    records = [*_CHAIN.records[:14], ({**one, "body": {"figures": {"signals": 2}}}, hash), *_CHAIN.records[15:]]
    assert _flaws(_verified(records)) == [(Flaw.CHANGED, 15)]


def test_lost_records_are_named() -> None:
    """A hole is told with its first and last record."""
    verdict = _verified([*_CHAIN.records[:3], *_CHAIN.records[7:]])
    assert _flaws(verdict) == [(Flaw.MISSING, 4)]
    assert verdict.findings[0].detail == "missing: records 4 to 7"


def test_swapped_records_are_named() -> None:
    """Two that changed places are found, the earlier as missing where it belongs and out of place where it stands."""
    records = [*_CHAIN.records[:4], _CHAIN.records[5], _CHAIN.records[4], *_CHAIN.records[6:]]
    assert _flaws(_verified(records)) == [(Flaw.MISSING, 5), (Flaw.OUT_OF_PLACE, 5)]


def test_a_repeated_record_is_named() -> None:
    """A record that stands twice is out of place the second time."""
    assert _flaws(_verified([*_CHAIN.records[:6], *_CHAIN.records[5:]])) == [(Flaw.OUT_OF_PLACE, 6)]


def test_a_chain_cut_below_its_last_checkpoint_is_named() -> None:
    """What a checkpoint covers and is not there was cut off; also when everything was."""
    assert _flaws(_verified(_CHAIN.records[:25])) == [(Flaw.TRUNCATED, 26)]
    assert _verified(_CHAIN.records[:25]).findings[0].detail.startswith("cut off: records 26 to 30,")
    assert _flaws(_verified([])) == [(Flaw.TRUNCATED, 1)]


def test_a_chain_sealed_anew_is_named() -> None:
    """Whoever may write the ledger can make hashes fit, but not the checkpoints' signatures."""
    changed = [{**one, "body": body(999)} if one["seq"] == 7 else one for one, _ in _CHAIN.records]
    assert _flaws(_verified(resealed(changed, GENESIS))) == [
        (Flaw.REWRITTEN, 10), (Flaw.REWRITTEN, 20), (Flaw.REWRITTEN, 30),
    ]  # fmt: skip


def test_what_is_above_the_last_checkpoint_is_counted_as_unvouched() -> None:
    """A cut there cannot be seen; the verdict says how many records nothing vouches for."""
    verdict = verify(_CHAIN.records[:25], _CHAIN.checkpoints[:2], _CHAIN.keys)
    assert (verdict.ok, verdict.vouched_to, verdict.unvouched) == (True, 20, 5)


def test_without_a_checkpoint_nothing_is_good() -> None:
    """A chain that nobody signed for could be another one from its first record on."""
    assert _flaws(verify(_CHAIN.records, [], _CHAIN.keys)) == [(Flaw.NO_CHECKPOINT, 1)]
    assert verify([], [], {}).ok


def test_a_bad_checkpoint_is_named_and_the_others_still_count() -> None:
    """One of them forged, of another key, or put in twice is a finding of its own."""
    first, second, third = _CHAIN.checkpoints
    strange = signed(new_signing_key(), 20, bytes.fromhex(second.hash), START)
    for wrong in (msgspec.structs.replace(second, at_ms=1), strange, first):
        verdict = verify(_CHAIN.records, [first, wrong, second, third], _CHAIN.keys)
        assert _flaws(verdict) == [(Flaw.BAD_CHECKPOINT, wrong.seq)]
        assert verdict.vouched_to == 30


def test_a_forged_checkpoint_cannot_vouch_for_a_chain_cut_short() -> None:
    """Checkpoints signed with a key of one's own stand in for none."""
    thief = new_signing_key()
    forged = [signed(thief, 20, bytes.fromhex(_CHAIN.records[19][1]), START)]
    verdict = verify(_CHAIN.records[:20], forged, _CHAIN.keys)
    assert [one.flaw for one in verdict.findings] == [Flaw.BAD_CHECKPOINT, Flaw.NO_CHECKPOINT]


def test_hashes_that_are_none_are_found() -> None:
    """Capitals, other lengths and other letters are no hash, so that each record has one spelling."""
    one, hash = _CHAIN.records[4]
    for wrong in ("", hash.upper(), hash[:-1], hash + "\n", "g" * 64):
        assert _verified([*_CHAIN.records[:4], (one, wrong), *_CHAIN.records[5:]]).findings[0].seq == 5


def test_findings_without_end_are_counted() -> None:
    """Of a file that is wrong throughout the first findings are kept, and the others counted."""
    verdict = verify(itertools.repeat((b"junk", ""), MOST_FINDINGS + 500), [], {})
    assert (len(verdict.findings), verdict.more) == (MOST_FINDINGS, 500)


def _lines(count: int) -> Iterator[Exported]:
    previous = GENESIS
    for seq in range(1, count + 1):
        one = record(seq, START, Kind.DECISION, "policy", body(seq))
        previous = sealed(previous, one)
        yield one, previous.hex()


def test_memory_does_not_grow_with_the_audit() -> None:
    """Neither records nor checkpoints are kept: 5,000 records take less than 256 KiB."""
    tracemalloc.start()
    try:
        verdict = verify(_lines(5_000), [], {})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert verdict.records == 5_000
    assert peak < 2**18


def test_a_million_records_take_less_than_half_a_minute() -> None:
    """Reckoned from 30,000 lines of a usual size, by the processor's time."""
    lines = b"".join(as_line(one, bytes.fromhex(hash)) for one, hash in _lines(30_000) if isinstance(one, dict))
    begun = time.process_time()
    verdict = verify(read_lines(io.BytesIO(lines)), [], {})
    assert verdict.records == 30_000
    assert (time.process_time() - begun) * 1_000_000 / 30_000 < 30
