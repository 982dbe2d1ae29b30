"""Alerts and dead letters of one partition on their way to their topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import polars as pl

from detectors.alert import Alert
from streams.alert_lines import as_line
from streams.dead_letters import Buried
from streams.runner import Outlet
from streams.second_stage import Second
from streams.worker.clusters.records import tie_records
from streams.worker.letters.graves import as_record
from streams.worker.log import Unread
from streams.worker.names import Names
from streams.worker.sending import Outgoing, Send


def headers_of(kind: str, partition: int, generation: int) -> list[tuple[str, bytes]]:
    """What a record on the alerts' topic is, of which partition, and under which generation it was sent."""
    return [("kind", kind.encode()), ("partition", b"%d" % partition), ("generation", b"%d" % generation)]


class QuietOutlet(Outlet, Second, Protocol):
    """An Outlet, and the way to the second stage, that can be silent about what was sent before: of records below
    live_from; pack: the hash of the one in force.
    """

    live_from: int
    pack: str


class KafkaOutlet:
    """An Outlet that is silent about what others have told already.

    live_from: what records below this offset brought was sent before. generation: the consumer group's, by which the
    ledger tells a zombie's late output. tie_partitions: of the topic of ties; pack: the hash of the one in force.
    """

    def __init__(self, names: Names, partition: int, send: Send, generation: Callable[[], int],
                 tie_partitions: int = 1, pack: str = "") -> None:  # fmt: skip
        self._names, self._partition, self._send, self._generation = names, partition, send, generation
        self._tie_partitions, self.pack = tie_partitions, pack
        self.live_from = 0

    def emit(self, alerts: Sequence[Alert], dead: Sequence[Buried]) -> Sequence[Alert]:
        new = [alert for alert in alerts if alert.trigger >= self.live_from]
        letters = [one for one in dead if isinstance(one, Unread) and one.record >= self.live_from]
        self._send([*map(self._alert, new), *map(self._grave, letters)])
        return new

    def take(self, ties: pl.DataFrame) -> Sequence[Alert]:
        new = ties.filter(pl.col("trigger") >= self.live_from).with_columns(source=pl.lit(self._partition, pl.Int32))
        self._send([Outgoing(self._names.ties, None, value, partition=number)
                    for number, value in tie_records(new, self._tie_partitions, self.pack)])  # fmt: skip
        return ()

    def marks(self) -> Mapping[str, int]:
        return {}

    def _alert(self, alert: Alert) -> Outgoing:
        topic = self._names.restricted_alerts if alert.restricted else self._names.alerts
        headers = headers_of("alert", self._partition, self._generation())
        return Outgoing(topic, (alert.account_id or alert.entity).encode(), as_line(alert).encode(), headers)

    def _grave(self, letter: Unread) -> Outgoing:
        key, value, headers = as_record(letter.grave)
        return Outgoing(self._names.dead_letters, key, value, headers)
