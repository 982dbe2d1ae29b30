"""Alerts and accounts counted on their way out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from detectors.alert import Alert
from streams.cli.screen import err
from streams.history.replay import Tell
from streams.history.seen import Seen
from streams.runner import Chunk


class Counted:
    """Counts alerts on their way, and the accounts of the events; hands on the ordinary or the restricted ones."""

    def __init__(self, tell: Tell, restricted: bool) -> None:
        self._tell, self._restricted, self._accounts = tell, restricted, Seen()
        self._apart = set[str]()
        self._rules: Counter[tuple[str, str]] = Counter()
        self._revisions, self._ids = 0, set[str]()

    def tell(self, alerts: Sequence[Alert]) -> None:
        """Take in revisions, and hand them on."""
        self._apart.update(one.id for one in alerts if one.restricted)
        alerts = [one for one in alerts if one.restricted == self._restricted]
        new = {one.id: one for one in alerts if one.id not in self._ids}
        self._rules.update((one.detector, one.severity) for one in new.values())
        self._ids.update(new)
        self._revisions += len(alerts)
        self._tell(alerts)

    def hear(self, chunk: Chunk) -> None:
        """Take in a chunk's accounts."""
        self._accounts.add(chunk.events.select("account_id").drop_nulls())

    def say_accounts(self) -> None:
        """How many accounts there were."""
        rows = self._accounts.rows
        err.print(f"{0 if rows is None else rows.height:,} accounts", markup=False)

    def say(self) -> None:
        """How many alerts there were, by rule and severity."""
        err.print(f"{len(self._ids):,} alerts in {self._revisions:,} revisions", markup=False)
        for (rule, severity), count in sorted(self._rules.items()):
            err.print(f"  {count:,} of {rule} ({severity})", markup=False)
        if self._apart and not self._restricted:
            err.print(f"{len(self._apart):,} restricted alerts are told with --restricted alone", markup=False)
