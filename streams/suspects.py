"""A batch that polars refuses: which records are to blame, and the frame of the others, at a bounded cost.

Polars' verdict on a record alone is the law, so that no neighbour changes what becomes of it; a call per
record would be 200 times too dear. Hence a cheap judge that knows where its JSON parser and polars'
(simd-json) differ, then bulk parses of what it let pass. Where they still disagree, halving finds the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from features.event import COLUMNS, RECORD_BYTES
from streams.dead_letters import Fault, Reason
from streams.judge import fault, judge, judge_numbers
from streams.ndjson import SPACE, Schema, Unparsable, parse

_MEANINGS = {"Int64": "a whole number within 64 bits", "Float64": "a number", "Boolean": "true or false"}


def sift(
    records: Sequence[bytes],
    schema: Schema,
    refused: Unparsable | None = None,
    *,
    longest: int = RECORD_BYTES,
    lenient: bool = False,
) -> tuple[pl.DataFrame, list[Fault]]:
    """The records that polars can parse, tied by `record` to their ordinals, and the faults of the others.

    refused: why polars refused all of them, where that was tried. No record may hold a newline. longest: bytes.
    lenient: as in `parse`; values of the wrong type are then no fault, nor are records that are no objects.
    """
    faults = list(_misfits(records, longest))
    kept = _without(range(len(records)), faults)
    if refused is None or faults:
        try:
            return _tied(parse(_joined(records, kept), schema, lenient=lenient), kept), faults
        except Unparsable as error:
            refused = error
    if not refused.is_structural and not lenient:
        try:
            frame, wrong = _typed(records, kept, schema)
            return frame, faults + wrong
        except Unparsable:
            pass
    for verdict in (judge, judge_numbers):
        faults += [found for n in kept if (found := verdict(n, records[n])) is not None]
        kept = _without(kept, faults)
        try:
            frame, wrong = _either(records, kept, schema, lenient)
            return frame, faults + wrong
        except Unparsable:
            continue
    frames = list(_halved(records, kept, schema, faults, lenient))
    return pl.concat(frames) if frames else _tied(parse(b"", schema), []), faults


def _misfits(records: Sequence[bytes], longest: int) -> Iterator[Fault]:
    for n, record in enumerate(records):
        if len(record) > longest:
            detail = f"{len(record)} bytes; at most {longest} are taken"
            yield Fault(n, Reason.OVERSIZED, detail)
        elif not record.strip(SPACE):
            yield Fault(n, Reason.BLANK, "the record is empty; send none instead")


def _halved(
    records: Sequence[bytes], kept: Sequence[int], schema: Schema, faults: list[Fault], lenient: bool
) -> Iterator[pl.DataFrame]:
    """Frames of the records that parse; the faults of the others are added to `faults`."""
    if not kept:
        return
    try:
        frame, wrong = _either(records, kept, schema, lenient)
        faults += wrong
        yield frame
    except Unparsable as error:
        middle = len(kept) // 2
        if not middle:
            faults.append(Fault(kept[0], Reason.NOT_JSON, str(error)))
            return
        yield from _halved(records, kept[:middle], schema, faults, lenient)
        yield from _halved(records, kept[middle:], schema, faults, lenient)


def _either(
    records: Sequence[bytes], kept: Sequence[int], schema: Schema, lenient: bool
) -> tuple[pl.DataFrame, list[Fault]]:
    try:
        return _tied(parse(_joined(records, kept), schema, lenient=lenient), kept), []
    except Unparsable as error:
        if error.is_structural or lenient:
            raise
        return _typed(records, kept, schema)


def _typed(records: Sequence[bytes], kept: Sequence[int], schema: Schema) -> tuple[pl.DataFrame, list[Fault]]:
    """Wrong types, exactly as polars' strict mode sees them: what is null as declared but not as text."""
    lines = _joined(records, kept)
    typed = _tied(parse(lines, schema, lenient=True), kept)
    narrow = [name for name, dtype in schema.items() if dtype != pl.String()]
    texts = parse(lines, dict.fromkeys(narrow, pl.String()), lenient=True)
    wrong = pl.DataFrame([
        typed[name].is_null() & texts[name].is_not_null() & _carried(typed["type"], name) for name in narrow
    ])  # fmt: skip
    row_is_wrong = wrong.select(pl.any_horizontal(pl.all())).to_series()
    faults = [
        _wrong_type(kept[row], narrow[values.index(True)], schema)
        for row, values in zip(row_is_wrong.arg_true(), wrong.filter(row_is_wrong).iter_rows(), strict=True)
    ]
    maybe = typed.filter(pl.all_horizontal(pl.col(name).is_null() for name in schema))["record"].to_list()
    faults += [fault(n, Reason.NOT_AN_OBJECT) for n in maybe if _is_no_object(records[n])]
    return typed.filter(~pl.col("record").is_in([found.record for found in faults])), faults


def _carried(types: pl.Series, name: str) -> pl.Series:
    """Which records are of a type that carries a column; of the others nobody looks at it."""
    carriers = COLUMNS[name].types
    return types.is_in(carriers).fill_null(False) if carriers else pl.Series([True]).new_from_index(0, len(types))


def _is_no_object(record: bytes) -> bool:
    return not record.lstrip(SPACE).startswith(b"{")


def _wrong_type(record: int, name: str, schema: Schema) -> Fault:
    return Fault(record, Reason.WRONG_TYPE, f"`{name}` must be {_MEANINGS[str(schema[name])]}, or absent")


def _without(ordinals: Sequence[int], faults: Sequence[Fault]) -> Sequence[int]:
    bad = {found.record for found in faults}
    return [n for n in ordinals if n not in bad] if bad else ordinals


def _joined(records: Sequence[bytes], kept: Sequence[int]) -> bytes:
    return b"\n".join(records if len(kept) == len(records) else [records[n] for n in kept])


def _tied(frame: pl.DataFrame, kept: Sequence[int]) -> pl.DataFrame:
    return frame.insert_column(0, pl.Series("record", kept, pl.Int64))
