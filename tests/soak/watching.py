"""One look at a process: its memory, its metrics and its health."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import httpx
from soak.figures import Look
from soak.hostile import MARKER

CHECKS = ("/healthz", "/readyz")
_SHED = ("tipstaff_shed_entities", 'tipstaff_ties_left_out{reason="unknown"}', 'tipstaff_ties_left_out{reason="shed"}')


class Watch:
    """Looks at processes, all over one client, and keeps each one's last metrics: series → value."""

    def __init__(self, addresses: Mapping[str, str], pids: Mapping[str, int]) -> None:
        self._addresses, self._pids = addresses, pids
        self._http = httpx.Client(timeout=10, trust_env=False)
        self._series = dict.fromkeys(addresses, frozenset[str]())
        self.metrics: dict[str, dict[str, float]] = {name: {} for name in addresses}
        self.checks = 0

    def close(self) -> None:
        """No more looks."""
        self._http.close()

    def look(self, name: str, at_s: float) -> Look:
        """One look; what cannot be asked is told as unwell."""
        unwell = {path: told for path in CHECKS if (told := self._unwell(name, path))}
        try:
            text = self._get(name, "/metrics").text
        except httpx.HTTPError as error:
            return Look(at_s, name, _rss(self._pids[name]), self._series[name], {**unwell, "/metrics": repr(error)})
        self.metrics[name] = read(text)
        found = frozenset(self.metrics[name])
        if found != self._series[name]:  # else the same object again: there are thousands of looks
            self._series[name] = found
        marked = [line for line in text.splitlines() if MARKER in line]
        return Look(at_s, name, _rss(self._pids[name]), self._series[name], unwell, self._shed(name), marked)

    def _unwell(self, name: str, path: str) -> str:
        self.checks += 1
        try:
            answer = self._get(name, path)
        except httpx.HTTPError as error:
            return repr(error)
        return "" if answer.status_code == 200 else f"{answer.status_code} {answer.text[:200]}"

    def _get(self, name: str, path: str) -> httpx.Response:
        return self._http.get(f"http://{self._addresses[name]}{path}")

    def _shed(self, name: str) -> int:
        return int(sum(self.metrics[name].get(series, 0) for series in _SHED))

    def total(self, name: str, metric: str) -> int:
        """A metric summed over its labels, at the last look."""
        return int(sum(value for series, value in self.metrics[name].items() if series.partition("{")[0] == metric))


def read(text: str) -> dict[str, float]:
    """The samples of a page of metrics: name and labels as they stand there, and the value."""
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {series: float(value) for series, _, value in lines}


def _rss(pid: int) -> int:
    """Resident memory in bytes; 0 where there is no such process any more."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
