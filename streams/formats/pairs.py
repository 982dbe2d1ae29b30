"""Lists of named values (attributes, headers) → a column a name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl


def spread(pairs: pl.DataFrame, names: Sequence[str], owners: int) -> pl.DataFrame:
    """A row an owner and a text column a name; of a name that an owner has twice, the first value.

    pairs: owner (an integer from 0), key, value, in order. Of null values none counts.
    """
    known = pairs.filter(pl.col("key").is_in(names) & pl.col("value").is_not_null())
    codes = known["key"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    rows = np.full(owners * len(names), known.height, np.int32)  # one past the end: nothing
    np.minimum.at(rows, codes * owners + known["owner"].to_numpy(), np.arange(known.height, dtype=np.int32))
    values = known["value"].extend_constant(None, 1)
    return pl.DataFrame([
        values.gather(rows[n * owners : (n + 1) * owners]).alias(name) for n, name in enumerate(names)
    ])  # fmt: skip
