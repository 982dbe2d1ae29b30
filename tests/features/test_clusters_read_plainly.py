"""Clusters beside a plain reading of their definition: record by record, minute by minute."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from features.clusters import Clusters
from features.gathering import LET_ON, MINUTE_TICKS
from features.panes import NEVER
from features.ticks import WINDOWS
from features.tie_sums import SUMS
from features.ties import GAPS

KEY = "secret"
BEGIN = 177_240_960 - 90  # a quarter of an hour before a day begins
EVER = 1 << 40
POOLED = ("1h", "6h", "24h")
Row = dict[str, Any]

STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 1, 2, 7, 61, 400, 9_000]),  # ticks since the record before
        st.sampled_from([0, 0, 0, 1, 59, 8_700, 61_000]),  # how far behind the stream its account is
        st.integers(0, 5), st.integers(1, 3), st.booleans(),
    ), max_size=60,
)  # fmt: skip


def rows(steps: list[tuple[int, int, int, int, bool]]) -> list[Row]:
    """Records and now and then a marker, as a Gathering lets them on."""
    found, stream = list[Row](), BEGIN
    for number, (step, behind, account, tie, marked) in enumerate(steps):
        stream += step
        own = {"trigger": number, "source": 0, "stream": stream}
        if marked:
            found.append({**own, "active": account})
        told: Row = dict.fromkeys((*SUMS, *GAPS), 0) | {"events": account + 1, "tokens": number, "requests": 1}
        found.append({**own, "tick": stream - behind, "kind": "ja4_asn", "tie": tie, "account": f"a{account}", **told})
    found = [{name: row.get(name) for name in RECORD_NAMES} | {"let_on": minute(row) * 3} for row in found]
    return sorted(found, key=lambda r: (minute(r), r["tie"] is not None, r["trigger"]))


RECORD_NAMES = [name for name in LET_ON if name != "let_on"]


def minute(row: Row) -> int:
    return int(row["stream"]) // MINUTE_TICKS


class Plain:
    """What is known of each tie: the records that count, its newest tick, first account and evaluations."""

    def __init__(self) -> None:
        self.counted, self.told = defaultdict[int, list[Row]](list), defaultdict[int, int](int)
        self.newest, self.arrival = dict[int, int](), dict[int, int]()
        self.firsts = dict[int, str]()
        self.active, self.hour = 0, -1

    def minute(self, now: int, together: list[Row]) -> list[Row]:
        """The evaluations that the records of one minute bring."""
        self.let_go(now // 60)
        touched = set()
        for row in together:
            if row["tie"] is None:
                self.active = row["active"]
            elif self.counts(row, now):
                touched.add(row["tie"])
        return [self.evaluation(now, tie) for tie in sorted(touched)]

    def counts(self, row: Row, now: int) -> bool:
        tie = row["tie"]
        self.arrival[tie], self.newest[tie] = now * 6 + 5, max(self.newest.get(tie, row["tick"]), row["tick"])
        if self.counted[tie] or self.firsts.setdefault(tie, row["account"]) != row["account"]:
            self.counted[tie].append(row)
        return bool(self.counted[tie])

    def let_go(self, hour: int) -> None:
        """At whole hours, ties that have been silent for a week."""
        silent = [tie for tie, tick in self.newest.items()
                  if max(tick, self.arrival[tie]) < hour * 360 - 7 * 8_640]  # fmt: skip
        for tie in silent if hour > self.hour >= 0 else []:
            for known in (self.counted, self.told, self.newest, self.arrival, self.firsts):
                known.pop(tie, None)
        self.hour = hour

    def evaluation(self, now: int, tie: int) -> Row:
        self.told[tie] += 1
        own = evaluation(now, tie, self.newest[tie], self.counted[tie], self.active)
        return {**own, "evaluated": self.told[tie]}

    def seen(self, tie: int) -> list[str]:
        """The accounts of a tie, those seen last first."""
        last = defaultdict[str, int](int)
        for row in self.counted[tie]:
            last[row["account"]] = max(last[row["account"]], row["tick"])
        return sorted(last, key=lambda account: (-last[account], account))


def evaluation(now: int, tie: int, newest: int, counted: list[Row], active: int) -> Row:
    told = {"stream": now * MINUTE_TICKS + MINUTE_TICKS - 1, "tie": tie, "as_of": newest * 10_000, "trigger": now * 3,
            "first_seen": NEVER, "name": f"ja4_asn:{tie}"}  # fmt: skip
    values, accounts = dict[str, Any](), 0
    for name in POOLED:
        window = WINDOWS[name]
        oldest = newest // window.ticks_per_pane - window.panes
        inside = [row for row in counted if row["tick"] // window.ticks_per_pane >= oldest]
        values |= {f"{what}_{name}": sum(row[what] for row in inside) for what in ("events", "tokens", "requests")}
        values[f"accounts_{name}"] = len({row["account"] for row in inside})
        accounts = values[f"accounts_{name}"] if name == "24h" else accounts
    common = active > 0 and accounts > active / 4
    return {**told, "accounts": accounts, "common": common, **(dict.fromkeys(values) if common else values)}


@settings(max_examples=examples(90), deadline=None)
@given(steps=STEPS, cuts=st.sets(st.integers(0, 60), max_size=4))
def test_every_evaluation_is_the_plain_one(steps: list[tuple[int, int, int, int, bool]], cuts: set[int]) -> None:
    """However whole minutes are cut into calls, each tie and minute is told as one gets it record by record."""
    log, clusters, plain = rows(steps), Clusters(KEY), Plain()
    bounds = [minute(log[cut]) for cut in sorted(cuts) if cut < len(log)]
    calls = [list(together) for _, together in groupby(log, lambda row: sum(minute(row) >= b for b in bounds))]
    found = [row for call in calls for row in clusters.take(pl.DataFrame(call, schema=LET_ON)).to_dicts()]
    expected = [row for now, together in groupby(log, minute) for row in plain.minute(now, list(together))]
    assert [{name: row[name] for name in other} for row, other in zip(found, expected, strict=True)] == expected
    clusters.compact()
    assert all(clusters.accounts(f"ja4_asn:{tie}", EVER, 4) == plain.seen(tie)[:4] for tie in (1, 2, 3))
    assert clusters.began == (minute(log[0]) * 60_000 if log else None)


def test_the_accounts_of_ties_that_are_let_go_go_with_them() -> None:
    """Many accounts are kept to the fifty seen last, and none of a tie that was silent for a week."""
    account = [{"trigger": n, "source": 0, "stream": BEGIN + n, "tick": BEGIN + n, "kind": "ja4_asn", "tie": 5,
                "account": f"a{n:03}", "let_on": 0, **dict.fromkeys((*SUMS, *GAPS), 1)} for n in range(80)]  # fmt: skip
    clusters = Clusters(KEY)
    clusters.take(pl.DataFrame(account, schema=LET_ON))
    assert clusters.accounts("ja4_asn:5", EVER) == [f"a{n:03}" for n in range(79, 29, -1)]
    clusters.compact()
    assert clusters.members.height == 50
    later = BEGIN + 9 * 8_640
    clusters.take(pl.DataFrame([{**account[0], "stream": later, "tick": later, "tie": 6}], schema=LET_ON))
    assert clusters.accounts("ja4_asn:5", EVER) == []
    assert (clusters.members.height, clusters.pooled) == (0, 0)


def test_accounts_are_those_seen_up_to_the_minute_asked_for() -> None:
    """What a call brings of later minutes does not show in what an alert of an earlier one tells."""
    row = {"trigger": 0, "source": 0, "kind": "ja4_asn", "tie": 5, "let_on": 0, **dict.fromkeys((*SUMS, *GAPS), 1)}
    seen = [{**row, "stream": BEGIN + 6 * n, "tick": BEGIN + 6 * n, "account": f"a{n}"} for n in range(4)]
    clusters = Clusters(KEY)
    clusters.take(pl.DataFrame(seen, schema=LET_ON))
    assert [clusters.accounts("ja4_asn:5", BEGIN + 6 * n + 5) for n in (0, 2, 3)] == [
        [],
        ["a2", "a1"],
        ["a3", "a2", "a1"],
    ]
