"""Whether polars would refuse a record as no JSON object, found without asking polars.

Events are flat and small, so most of this is about those who send something else on purpose.
"""

from __future__ import annotations

import gc
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np

from streams.dead_letters import Fault, Reason

DEPTH = 1024
"""How deep objects and arrays may nest: simd-json's limit."""

_CROWDED = 128

_MOST_EXPONENT = 42_949_672_969
"""simd-json refuses greater exponents, of either sign and even of 0: it stops adding digits at 2³²."""

_FAR = 400
"""Beyond what an exponent may be once the mantissa's digits are counted in: 10³⁰⁸ is about the most."""

_decode = msgspec.json.Decoder().decode
_Errors = (msgspec.MsgspecError, UnicodeDecodeError)

_NUMBER = re.compile(rb"(-?)(\d+)(?:\.(\d+))?(?:[eE](-?)\+?0*(\d+))?")
_LONG_INTEGERS, _LONG_EXPONENTS = b"0" * 39, b"e" + b"0" * 10
_LEVELLED = bytes.maketrans(b"123456789E", b"000000000e")
_ROOM = threading.Lock()
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")

# simd-json takes exponents modulo 2³²: 1e4294967297 is 10
_LONG_EXPONENT = re.compile(rb"[eE]\+?\d{10,}")

# simd-json reads a lone high surrogate as NUL, and takes any \u of DC00 and above for a low one
_ESCAPE = re.compile(
    rb"\\(?:(u[dD][89abAB][0-9a-fA-F]{2})(?:(?!\\u)|\\u(?:[dD][c-fC-F]|[efEF][0-9a-fA-F])[0-9a-fA-F]{2})|.)",
    re.DOTALL,
)

_HINTS = {
    Reason.NOT_UTF8: "write the record in UTF-8",
    Reason.NOT_JSON: "write one JSON object a record",
    Reason.NOT_AN_OBJECT: "the record is not a JSON object; write one object a record",
    Reason.NUMBER_RANGE: "a number is beyond what can be read",
    Reason.TOO_DEEP: f"it nests deeper than {DEPTH} levels; events are flat",
}


def judge(ordinal: int, record: bytes) -> Fault | None:
    """Why a record is no JSON object, or None; its columns are not looked at."""
    crowded = _is_crowded(record)
    if crowded and _is_too_deep(record):
        return fault(ordinal, Reason.TOO_DEEP)
    try:
        value = _value(record, crowded)
    except _Errors as error:
        return fault(ordinal, _reason(record, error), f"{error}; ")
    return None if type(value) is dict else fault(ordinal, Reason.NOT_AN_OBJECT)


def judge_numbers(ordinal: int, record: bytes) -> Fault | None:
    """Whether simd-json refuses a number of valid JSON: integers beyond 128 bits, great exponents."""
    levelled = record.translate(_LEVELLED, b"+-")
    if _LONG_EXPONENTS not in levelled and _LONG_INTEGERS not in levelled:
        return None
    unbounded = any(_is_unbounded(*number) for number in _NUMBER.findall(_bare(record)))
    return fault(ordinal, Reason.NUMBER_RANGE) if unbounded else None


def fault(ordinal: int, reason: Reason, finding: str = "") -> Fault:
    """A fault of the whole record."""
    return Fault(ordinal, reason, finding + _HINTS[reason])


def _value(record: bytes, crowded: bool) -> Any:
    if not crowded:
        try:
            return _read(record)
        except RecursionError:  # the caller's stack is deep
            pass
    with _room():
        return _read(record)


def _read(record: bytes) -> Any:
    try:
        return _decode(record)
    except _Errors:
        lenient = _lenient(record)
        if lenient == record:
            raise
        return _decode(lenient)


def _lenient(record: bytes) -> bytes:
    """The record with what simd-json may take, and msgspec does not, made harmless."""
    if b"\\u" in record:
        record = _ESCAPE.sub(_escape, record)
    return _LONG_EXPONENT.sub(lambda match: b"e".ljust(len(match[0]), b"0"), record)


def _escape(match: re.Match[bytes]) -> bytes:
    return b"\\u0000" if match[1] else match[0]


def _reason(record: bytes, error: Exception) -> Reason:
    try:
        record.decode()
    except UnicodeDecodeError:
        return Reason.NOT_UTF8
    return Reason.NUMBER_RANGE if "out of range" in str(error) else Reason.NOT_JSON


def _is_crowded(record: bytes) -> bool:
    return len(record) > 4 * _CROWDED and record.count(b"[") + record.count(b"{") > _CROWDED


def _is_too_deep(record: bytes) -> bool:
    brackets = np.frombuffer(_bare(record).translate(None, _NOT_BRACKETS), np.int8)
    steps = (brackets & 2) - 1  # opening ones have that bit
    return int(steps.cumsum(dtype=np.int32).max(initial=0)) > DEPTH


def _bare(record: bytes) -> bytes:
    """Valid JSON without its strings."""
    return b"".join(record.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])


def _is_unbounded(sign: bytes, whole: bytes, fraction: bytes, negative: bytes, exponent: bytes) -> bool:
    """Whether simd-json surely refuses a number that msgspec takes, or that was made harmless."""
    if not exponent:
        least, most = -(1 << 127), (1 << 128) - 1
        return not fraction and (len(whole) > 39 or not least <= int(sign + whole) <= most)
    if len(exponent) > 11 or int(exponent) > _MOST_EXPONENT:
        return True
    if negative or len(exponent) < 10 or not (whole + fraction).strip(b"0"):
        return False
    wrapped = (int(exponent) + (1 << 31)) % (1 << 32) - (1 << 31)
    return abs(wrapped) > _FAR + len(whole) + len(fraction)


@contextmanager
def _room() -> Iterator[None]:
    """Room for a record of the greatest depth, however deep the caller's stack is.

    The garbage collector waits: a thousand nested lists a record cost it four times their decoding.
    """
    with _ROOM:
        limit, collects = sys.getrecursionlimit(), gc.isenabled()
        sys.setrecursionlimit(limit + 2 * DEPTH)
        gc.disable()
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)
            if collects:
                gc.enable()
