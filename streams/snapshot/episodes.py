"""Episodes ↔ a section of a snapshot."""

from __future__ import annotations

from dataclasses import asdict

import polars as pl

from detectors.episodes import Episode, Episodes
from streams.snapshot.sections import ipc, table


def episodes_section(episodes: Episodes) -> bytes:
    """Episodes as a section."""
    rows = [{"detector": d, "kind": k, "entity": e, **asdict(one)} for (d, k, e), one in episodes.held.items()]
    schema: pl.Schema = pl.Schema({name: pl.String() for name in ("detector", "kind", "entity")})
    schema.update({name: pl.Int64() for name in Episode.__dataclass_fields__})
    return ipc(pl.DataFrame(rows, schema=schema))


def episodes_of(section: bytes) -> Episodes:
    """The episodes in a section."""
    return Episodes({(d, k, e): Episode(*rest) for d, k, e, *rest in table(section).iter_rows()})
