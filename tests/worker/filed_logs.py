"""Files of native events for produce: written as lines, read as an embedded run reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.local.source import FileFeed, MergedSource
from streams.worker.produce.filed import FiledSource, with_raw

START = 1_772_409_600_000
"""When the logs begin; ms."""


def line(number: int, time: int, account: str | None = "acme", **more: Any) -> bytes:
    """An event as it is written."""
    own = {} if account is None else {"account_id": account}
    event = {"id": f"e{number}", "time": rfc3339(time), "type": "inference", **own, "unknown_key": "kept", **more}
    return json.dumps(event).encode()


def written(path: Path, lines: Sequence[bytes]) -> Path:
    """A file of these lines."""
    path.write_bytes(b"".join(one + b"\n" for one in lines))
    return path


def filed(files: Sequence[Path], size: int, longest_bad: int = -1,
          columns: Sequence[str] = ()) -> tuple[pl.DataFrame, FiledSource]:  # fmt: skip
    """Everything that produce would read of files, in blocks of `size` bytes."""
    source = FiledSource([FileFeed(one, size) for one in files], with_raw(Codec(columns).decode), longest_bad)
    frames = []
    while (found := source.poll()) is not None:
        frames.append(found.frame)
    return pl.concat(frames) if frames else pl.DataFrame(), source


def embedded(files: Sequence[Path], size: int, columns: Sequence[str] = ()) -> pl.DataFrame:
    """The events that an embedded run sees of the same files."""
    decode = Codec(columns).decode
    source = MergedSource([FileFeed(one, size) for one in files], decode, None, 0)
    frames = []
    while (chunk := source.poll()) is not None:
        frames.append(chunk.events)
    return pl.concat(frames) if frames else pl.DataFrame()
