"""What models say of due entities: whom they look at, who stands out, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.alert import Evidence
from detectors.anomaly.forest import Floats
from detectors.anomaly.group import Group
from detectors.anomaly.model import ANY, Declared, Model, Scored
from detectors.anomaly.scored_rows import ScoredRows
from detectors.firing import enough_history
from features.catalog import Value
from features.due import Due
from features.ticks import Ints

P_UNIT = "share"
"""Of a p-value: the share (0–1) of honest entities' days with as high a score."""

MOST_TOLD = 5
"""Features of one alert that are told of: those that moved the score most."""


@dataclass(frozen=True, eq=False)
class Standout:
    """An entity that a model finds unusual. row: of the evaluations; values: float64[features], NaN for unknown."""

    model: Declared
    group: Group
    row: int
    values: Floats
    score: float
    p_value: float


class Models:
    """The models of one entity kind. values: the catalogue's, by name."""

    def __init__(self, models: Iterable[Model], kind: str, values: Mapping[str, Value]) -> None:
        self.models = tuple(one for one in models if one.declared.entity == kind)
        self._values = values
        self._windows = [
            {n: w.length_ms for n in one.declared.features if (w := values[n].window) is not None}
            for one in self.models
        ]

    def standouts(self, due: Due, births: Mapping[str, int], also: npt.NDArray[np.int64],
                  seen: ScoredRows) -> list[Standout]:  # fmt: skip
        """Who stands out among the fresh evaluations, and `also`: rows that a rule fired on. births: ms by value.

        The fresh ones alone are counted in `seen`: models learnt from such, and whom rules fire on is no drift.
        """
        asked = due.fresh.copy()
        asked[also] = True
        found: list[Standout] = []
        for model, windows in zip(self.models, self._windows, strict=True):
            rows = np.flatnonzero(asked & whole(due, births, windows))
            found += _of(model, due, rows, seen) if len(rows) else []
        return found

    def evidence(self, one: Standout, due: Due) -> tuple[Evidence, ...]:
        """Why: the p-value, and the features that moved the score most, each beside what is usual."""
        limit, stricter = one.model.p_value, float(np.nextafter(one.p_value, 0))
        least = Evidence(condition="p-value", feature=None, value=one.p_value, operator="<=", threshold=limit,
                         unit=P_UNIT, clear_value=limit, clear_threshold=stricter)  # fmt: skip
        moved = one.group.moved(one.values[None, :])[0]
        told = [at for at in np.argsort(-moved, kind="stable").tolist() if moved[at] > 0][:MOST_TOLD]
        return least, *(self._moved(one, at, float(moved[at]), due) for at in told)

    def _moved(self, one: Standout, at: int, moved: float, due: Due) -> Evidence:
        value, usual = self._values[one.model.features[at]], float(one.group.usual[at])
        found = usual if np.isnan(one.values[at]) else float(one.values[at])
        span = value.window.span_ms(due.as_of[one.row : one.row + 1])[0] if value.window else None
        return Evidence(condition=f"{value.name} beside its peers", feature=value.name, value=found,
                        operator=">" if found > usual else "<" if found < usual else "=", threshold=usual,
                        unit=value.unit, span_ms=None if span is None else int(span), moved=moved,
                        usual=usual)  # fmt: skip


def whole(due: Due, births: Mapping[str, int], windows: Mapping[str, int]) -> npt.NDArray[np.bool_]:
    """Which evaluations hold all there is in every window that a model looks at: half-filled ones look like silence.

    births, windows: ms by value name.
    """
    found = np.ones(len(due.as_of), np.bool_)
    for birth, window in {(births[name], length) for name, length in windows.items()}:
        found &= enough_history(due.as_of, due.first_seen, birth, window)
    return found


def _of(model: Model, due: Due, rows: Ints, seen: ScoredRows) -> list[Standout]:
    plans: Sequence[str | None] = [due.plan[row] for row in rows.tolist()]
    scored = model.scored(due.values[rows], plans)
    _count(model, scored, plans, due.fresh[rows], seen)
    found = []
    for at in np.flatnonzero(scored.p_values <= model.declared.p_value).tolist():
        group = model.group(plans[at])
        assert group is not None
        found.append(Standout(model.declared, group, int(rows[at]), scored.values[at], float(scored.scores[at]),
                              float(scored.p_values[at])))  # fmt: skip
    return found


def _count(model: Model, scored: Scored, plans: Sequence[str | None], fresh: npt.NDArray[np.bool_],
           seen: ScoredRows) -> None:  # fmt: skip
    """Add the fresh rows to what was seen of each group."""
    names = np.array([plan if plan in model.groups else ANY for plan in plans])
    for name in dict.fromkeys(names[fresh].tolist()):
        group = model.groups.get(name)
        if group is not None and group.reference is not None:
            mine = fresh & (names == name)
            counts = group.reference.counted(scored.values[mine], scored.scores[mine])
            seen.add((model.declared.id, name, group.reference.identity), counts)
