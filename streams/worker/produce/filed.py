"""Records of files as they are written there, stamped and merged as an embedded run does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import polars as pl

from streams.codec import Decoded
from streams.local.lane import RunsBackwards
from streams.local.source import Decode, Feed, ReadAhead
from streams.ndjson import split
from streams.stamps import NOTHING_YET, Stamper, mostly_falling

_JUDGED_RECORDS, _JUDGED_FROM = 1000, 10  # as an embedded run does
_COLUMNS = ("record", "account_id", "type", "denied_by_us", "time")


@dataclass(frozen=True)
class Filed:
    """Records in merged order: raw (bytes), account_id, type, denied_by_us, time and stamp (ms), ahead (of it).

    Of a record that no event can be made of, raw and stamp (that of the log around it) are all that is not null.
    done, total: how far the files are read, in bytes; total None where nobody knows.
    """

    frame: pl.DataFrame
    done: int
    total: int | None


def with_raw(decode: Decode) -> Decode:
    """A decoder of native lines that puts each record's bytes beside its columns, and whole into its dead letters."""

    def decoded(lines: bytes) -> Decoded:
        found, records = decode(lines), split(lines)
        raw = pl.Series("raw", records, pl.Binary)
        frame = found.frame.select(_COLUMNS).with_columns(raw=raw.gather(found.frame["record"]))
        return replace(found, frame=frame, dead=[replace(one, payload=records[one.record]) for one in found.dead])

    return decoded


class _Lane:
    """One file's records, stamped; those that are ahead of their stamp stay where they are."""

    def __init__(self, name: str, empty: pl.DataFrame) -> None:
        self._name, self._empty = name, empty
        self._stamper = Stamper(patient=True)
        self._next, self._judged = 0, False
        self._dead: list[tuple[int, bytes]] = []
        self._ready = empty.with_columns(stamp=pl.lit(0, pl.Int64), ahead=False)
        self.front = NOTHING_YET

    @property
    def empty(self) -> bool:
        """Whether no record is ready."""
        return not self._ready.height

    def settle(self, decoded: Decoded, longest_bad: int) -> None:
        """Stamp a block; of bad records those of at most so many bytes are kept. Raises RunsBackwards."""
        self._dead += [(self._next + one.record, one.payload) for one in decoded.dead
                       if len(one.payload) <= longest_bad]  # fmt: skip
        frame = decoded.frame.with_columns(pl.col("record") + self._next)
        self._next += decoded.height
        self._judge(frame)
        self._stamp(frame, last=False)

    def end(self) -> None:
        """No more will come."""
        self._stamp(self._empty, last=True)

    def _judge(self, frame: pl.DataFrame) -> None:
        times = frame["time"].to_numpy()[:_JUDGED_RECORDS]
        if not self._judged and frame.height >= _JUDGED_FROM and mostly_falling(times):
            raise RunsBackwards(f"{self._name}: its times run backwards (newest first?). Give --sort, which reads it "
                                "whole into memory and sorts it by time.")  # fmt: skip
        self._judged = True

    def _stamp(self, frame: pl.DataFrame, last: bool) -> None:
        stamped = self._stamper.stamp(frame, last)
        known = self._among(stamped, self._stamper.first_waiting(self._next)) if self._dead else stamped
        if known.height:
            self._ready, self.front = pl.concat([self._ready, known]), int(known["stamp"][-1])

    def _among(self, stamped: pl.DataFrame, below: int) -> pl.DataFrame:
        """The bad records before `below` put in their places, each with the stamp of the log before it."""
        told = [one for one in self._dead if one[0] < below]
        self._dead = self._dead[len(told) :]
        bad = pl.DataFrame(told, schema={"record": pl.Int64, "raw": pl.Binary}, orient="row")
        whole = pl.concat([stamped, bad], how="diagonal").sort("record")
        return whole.with_columns(pl.col("stamp").forward_fill().fill_null(max(self.front, 0)))

    def pop(self, below: int | None, or_equal: bool) -> pl.DataFrame:
        """Ready records, up to a stamp where one is given."""
        count = self._ready.height
        if below is not None:
            count = int(self._ready["stamp"].search_sorted(below, side="right" if or_equal else "left"))
        taken, self._ready = self._ready[:count], self._ready[count:]
        return taken


class FiledSource:
    """Files merged by (stamp, file, record).

    decode: see `with_raw`. longest_bad: records that make no event are handed out up to so many bytes; -1: none is.
    bad: how many of them there were, by reason; held_back: how many were not handed out.
    """

    def __init__(self, feeds: Sequence[Feed], decode: Decode, longest_bad: int) -> None:
        self.bad: Counter[str] = Counter()
        self.held_back = 0
        self._feeds, self._longest_bad, empty = feeds, longest_bad, decode(b"").frame
        self._lanes = [_Lane(feed.name, empty) for feed in feeds]
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode")  # one: the decoder remembers types
        self._ahead = [ReadAhead(feed, decode, worker) for feed in feeds]
        self._open = [True] * len(feeds)

    def poll(self) -> Filed | None:
        """The next records, in order; None at the end. Raises Unreadable or RunsBackwards."""
        while True:
            for index, lane in enumerate(self._lanes):
                if self._open[index] and lane.empty:
                    self._advance(index, lane)
            frame = self._popped()
            if frame.height:
                totals = [feed.total for feed in self._feeds]
                total = None if None in totals else sum(one for one in totals if one is not None)
                return Filed(frame, sum(feed.done for feed in self._feeds), total)
            if not any(self._open):
                return None

    def _advance(self, index: int, lane: _Lane) -> None:
        found = self._ahead[index].next()
        if found is None:
            lane.end()
            self._open[index] = False
        else:
            decoded = found[0]
            self.bad.update(str(one.reason) for one in decoded.dead)
            self.held_back += sum(len(one.payload) > self._longest_bad for one in decoded.dead)
            lane.settle(decoded, self._longest_bad)

    def _popped(self) -> pl.DataFrame:
        """What can go now: whatever no open file may still have something before."""
        limits = [(lane.front, index) for index, lane in enumerate(self._lanes) if self._open[index]]
        stamp, first = min(limits) if limits and len(self._lanes) > 1 else (None, 0)
        frames = [lane.pop(stamp, or_equal=index <= first) for index, lane in enumerate(self._lanes)]
        # The frames stand in the files' order, so a stable sort by stamp is the order (stamp, file, record).
        return pl.concat(frames).sort("stamp", maintain_order=True) if len(frames) > 1 else frames[0]
