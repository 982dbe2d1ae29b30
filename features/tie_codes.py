"""The ties that events show, as numbers: what is the same in many events is read and hashed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.ticks import Ints
from features.tie_values import BURST_MS, READ, TIE_KINDS, Hashes, blocks, hashed, joined, told

_TABLE = 4  # a table of so many places for each row is faster than sorting
_NOTHING = pl.Series("text", [None], dtype=pl.String)


@dataclass
class Shown:
    """The tie of one kind that each event shows: codes: int64[n], 0 for none; hashes: uint64[codes], by code."""

    codes: Ints
    hashes: Hashes

    @property
    def of_events(self) -> Hashes:
        """The hash of each event's tie, 0 for none; uint64[n]."""
        found: Hashes = self.hashes[self.codes]
        return found


@dataclass
class _Told:
    """What each event tells: codes: int64[n], 0 for nothing; texts by code, null where it says nothing, as at 0."""

    codes: Ints
    texts: pl.Series


def shown(events: pl.DataFrame, key: str) -> dict[str, Shown]:
    """The ties that events show, by kind; kinds of which they show none are left out.

    events: type and time (ms), and of READ what there is.
    """
    columns = _told(_coded(events))
    found = {kind: columns[kind] for kind in TIE_KINDS if kind in columns}
    if "source_ip" in columns:
        found["address_block"] = columns["source_ip"]
    if "ja4" in columns and "asn" in columns:
        found["ja4_asn"] = _pairs(columns["ja4"], columns["asn"])
    if "email_domain" in columns and "asn" in columns:
        found["signup_burst"] = _bursts(events, columns["email_domain"], columns["asn"])
    return _hashed(found, key)


def distinct(keys: Ints, most: int) -> tuple[Ints, Ints]:
    """Numbers below `most` (int64[n]) as the rising ones among them, and the place of each one's there; int64[n]."""
    if most > _TABLE * len(keys) + 1024:
        found, places = np.unique(keys, return_inverse=True)
        return found, places
    table = np.zeros(most, np.bool_)
    table[keys] = True
    return np.flatnonzero(table), (np.cumsum(table) - 1)[keys]


def _coded(events: pl.DataFrame) -> dict[str, _Told]:
    """The columns that hold anything, their texts as they came; numbered by categories that go when the part does."""
    names = [name for name in READ if name in events.columns and events[name].null_count() < events.height]
    numbered = {name: pl.col(name).cast(pl.Categorical(pl.Categories.random())).to_physical() for name in names}
    codes = events.select((one.cast(pl.Int64) + 1).fill_null(0) for one in numbered.values())
    return {name: _with_texts(codes[name].to_numpy(), events[name]) for name in names}


def _with_texts(codes: Ints, values: pl.Series) -> _Told:
    firsts = np.zeros(int(codes.max()) + 1, np.int64)
    firsts[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return _Told(codes, pl.concat([_NOTHING, values[firsts[1:]].alias(_NOTHING.name)]))


def _told(columns: dict[str, _Told]) -> dict[str, _Told]:
    """Each column with what its values say; all but addresses are read at once."""
    plain = dict(columns)
    address, found = plain.pop("source_ip", None), dict[str, _Told]()
    if address:
        found["source_ip"] = _Told(address.codes, blocks(address.texts))
    if plain:
        texts, first = told(pl.concat([one.texts for one in plain.values()])), 0
        for name, one in plain.items():
            found[name] = _Told(one.codes, texts[first : first + len(one.texts)])
            first += len(one.texts)
    return found


def _pairs(one: _Told, other: _Told) -> _Told:
    """Two columns joined, null where either says nothing."""
    width = len(other.texts)
    found, codes = distinct(np.append(0, one.codes * width + other.codes), len(one.texts) * width)  # 0 is nothing
    return _Told(codes[1:], joined([one.texts[found // width], other.texts[found % width]]))


def _bursts(events: pl.DataFrame, domain: _Told, network: _Told) -> _Told:
    """Mail domain, network and ten minutes of each sign-up."""
    rows = np.flatnonzero((events["type"] == "signup").to_numpy())
    codes = np.zeros(events.height, np.int64)
    if not len(rows):
        return _Told(codes, _NOTHING)
    codes[rows] = np.arange(1, len(rows) + 1)
    at = (events["time"][rows] // BURST_MS).cast(pl.String)
    texts = joined([domain.texts[domain.codes[rows]], network.texts[network.codes[rows]], at])
    return _Told(codes, pl.concat([_NOTHING, texts]))


def _hashed(found: dict[str, _Told], key: str) -> dict[str, Shown]:
    """The texts of all kinds hashed at once; texts that are the same get one code, and those that say nothing 0."""
    if not found:
        return {}
    kinds = np.repeat([TIE_KINDS.index(kind) for kind in found], [len(one.texts) for one in found.values()])
    hashes, first, by_kind = hashed(kinds, pl.concat([one.texts for one in found.values()]), key), 0, {}
    for kind, one in found.items():
        own, codes = np.unique(hashes[first : first + len(one.texts)], return_inverse=True)
        first += len(one.texts)
        if len(own) > 1:
            by_kind[kind] = Shown(codes[one.codes], own)
    return {kind: by_kind[kind] for kind in TIE_KINDS if kind in by_kind}
