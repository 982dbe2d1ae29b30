"""The intake's metric."""

from __future__ import annotations

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter

from streams.web.intake.kinds import KINDS

UNKNOWN = "unknown"
"""Stands for the kind of what was turned away before anybody could tell."""


class Ending(StrEnum):
    """taken: enforcement has it; refused: not filled in, or not as we take it; limited: too many; unavailable:
    enforcement could not be reached.
    """

    TAKEN = "taken"
    REFUSED = "refused"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"


class IntakeTelemetry:
    """The metric on a process's registry; every combination begins at 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        told = "Reports that people sent in, by kind and how it ended."
        self._reports = Counter("tipstaff_intake_reports", told, ("kind", "ending"), registry=registry)
        for kind in (*KINDS, UNKNOWN):
            for ending in Ending:
                self._reports.labels(kind, str(ending))

    def count(self, kind: str, ending: Ending) -> None:
        """One more. kind: of KINDS, or UNKNOWN."""
        self._reports.labels(kind, str(ending)).inc()
