"""All detectors over one part of a chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors import explaining
from detectors.alert import SEVERITIES, Alert, Evidence, order
from detectors.anomaly.drift import keys_of
from detectors.anomaly.model import Model
from detectors.anomaly.scored_rows import ScoredRows
from detectors.anomaly.testimony import Models, Standout
from detectors.episodes import Detector, Episodes, Firing, Raised
from detectors.firing import EventRules, Fired, TickRules
from detectors.raising import raised_alert
from detectors.redaction import MOST_EVENTS, Redaction, printable
from detectors.rules import Rule
from features.catalog import Catalog, Feature
from features.cluster_catalog import CLUSTER
from features.due import Due
from features.event import ENTITY_COLUMNS
from features.measure import taken
from features.observe import Part
from features.peers import Trained
from features.state import KeptEvents, State
from features.ticks import HOUR_MS, TICK_MS

_LOW = SEVERITIES.index("low")


class Detection:
    """The rules and models of a pack, made ready, but for those of clusters. Holds no state: that is in `Episodes`."""

    def __init__(self, catalog: Catalog, rules: Iterable[Rule], pack: str, hash_key: str,
                 trained: Trained | None = None, models: Sequence[Model] = ()) -> None:  # fmt: skip
        self.rules, self._catalog, self._pack = tuple(r for r in rules if r.entity != CLUSTER), catalog, pack
        self._trained = trained or Trained()
        self._tick_rules = {kind: TickRules(self.rules, catalog, kind) for kind in ENTITY_COLUMNS}
        self._event_rules = EventRules(self.rules)
        self._models = {kind: Models(models, kind, catalog.values.get(kind, {})) for kind in ENTITY_COLUMNS}
        self.counted_by = frozenset(keys_of(models))
        self._redactions = {rule.id: Redaction(rule, hash_key) for rule in self.rules}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The entity kinds that some rule or model looks at."""
        models = [one.declared.entity for kind in self._models.values() for one in kind.models]
        return tuple(dict.fromkeys([*(rule.entity for rule in self.rules), *models]))

    @property
    def peer_names(self) -> dict[str, Sequence[str]]:
        """The values whose peers evidence tells of, by kind."""
        found: dict[str, set[str]] = {kind: set() for kind in ENTITY_COLUMNS}
        for rule in self.rules:
            if rule.on == "tick":
                values = self._catalog.values[rule.entity]
                found[rule.entity] |= {name for name in rule.names if not values[name].compares}
        return {kind: sorted(names) for kind, names in found.items()}

    def detect(self, part: Part, state: State, births: Mapping[str, Mapping[str, int]],
               episodes: Episodes, scored: ScoredRows) -> list[Alert]:  # fmt: skip
        """The alerts of one part, in order of (trigger, tick, entity, detector); what models score is counted."""
        alerts = []
        scored.hour = (state.stream_time or 0) // HOUR_MS  # of all its evaluations: no part crosses a whole one
        for due in part.due:
            alerts += self._of_due(due, state, births.get(due.kind, {}), episodes, scored)
        alerts += self._of_events(part, state, episodes)
        return sorted(alerts, key=order)

    def _of_due(self, due: Due, state: State, births: Mapping[str, int], episodes: Episodes,
                scored: ScoredRows) -> list[Alert]:  # fmt: skip
        fired = self._tick_rules[due.kind].fired(due, births)
        alerts = self._of_models(due, births, fired, episodes, scored)
        raised = episodes.settle(_firings(fired, due))
        if not raised:
            return alerts
        events = _events_of(state.kept, due, sorted({one.firing.row for one in raised}))
        return alerts + [self._tick_alert(one, due, births, events.get(one.firing.row)) for one in raised]

    def _of_models(self, due: Due, births: Mapping[str, int], fired: list[Fired], episodes: Episodes,
                   scored: ScoredRows) -> list[Alert]:  # fmt: skip
        models = self._models[due.kind]
        if not models.models:
            return []
        told = [one.rows for one in fired if SEVERITIES.index(one.rule.severity) >= _LOW]
        found = models.standouts(due, births, np.unique(np.concatenate([*told, np.empty(0, np.int64)])), scored)
        by_row = {(one.model.id, one.row): one for one in found}
        raised = episodes.settle(_firing(one.model, due, one.row) for one in sorted(found, key=lambda one: one.row))
        return [self._model_alert(one, by_row[one.firing.rule.id, one.firing.row], models, due) for one in raised]

    def _model_alert(self, raised: Raised, one: Standout, models: Models, due: Due) -> Alert:
        return raised_alert(raised, one.model, models.evidence(one, due), self._pack, plan=due.plan[one.row],
                            time=int(due.as_of[one.row]), trigger=int(due.trigger[one.row]),
                            signals=("model",), runbook=one.model.id)  # fmt: skip

    def _tick_alert(self, raised: Raised, due: Due, births: Mapping[str, int], events: pl.DataFrame | None) -> Alert:
        firing, rule = raised.firing, _rule_of(raised)
        values = self._catalog.values[due.kind]
        evidence = explaining.on_values(rule, due, firing.row, values, births, self._trained)
        matching = _matching(events, rule.features, self._catalog) if events is not None else None
        shown = self._redactions[rule.id].shown(matching) if matching is not None else ()
        return self._alert(raised, evidence, shown, plan=due.plan[firing.row], time=int(due.as_of[firing.row]),
                           trigger=int(due.trigger[firing.row]), end_users=_end_users(matching))  # fmt: skip

    def _of_events(self, part: Part, state: State, episodes: Episodes) -> list[Alert]:
        if not self._event_rules.rules:
            return []
        found = []
        for fired in self._event_rules.fired(part.events, part.counts):
            raised = episodes.settle(_event_firings(fired, part, state))
            found += [self._event_alert(one, part) for one in raised]
        return found

    def _event_alert(self, raised: Raised, part: Part) -> Alert:
        rule, row = _rule_of(raised), raised.firing.row
        event = part.events[row : row + 1]
        shown = self._redactions[rule.id].shown(event)
        newest = int(part.touched[rule.entity].row_newest[row])
        return self._alert(raised, explaining.on_event(rule, event, shown[0]), shown, plan=event["plan"][0],
                           time=newest, trigger=int(event["offset"][0]), end_users=_end_users(event))  # fmt: skip

    def _alert(self, raised: Raised, evidence: tuple[Evidence, ...], events: tuple[dict[str, object], ...], *,
               plan: str | None, time: int, trigger: int, end_users: tuple[str, ...]) -> Alert:  # fmt: skip
        rule = _rule_of(raised)
        found = raised_alert(raised, rule, evidence, self._pack, plan=plan, time=time, trigger=trigger,
                             signals=rule.signals, runbook=rule.template, events=events)  # fmt: skip
        return replace(found, end_users=end_users, victim=rule.victim, knowledge=rule.knowledge,
                       restricted=rule.restricted)  # fmt: skip


def _end_users(events: pl.DataFrame | None) -> tuple[str, ...]:
    """The customer's own users behind events, the first five, as they may be shown."""
    if events is None or "end_user_id" not in events.columns:
        return ()
    named = events["end_user_id"].drop_nulls().unique(maintain_order=True).head(MOST_EVENTS)
    return tuple(printable(name) for name in named)


def _firings(fired: list[Fired], due: Due) -> list[Firing]:
    return [_firing(one.rule, due, row) for one in fired for row in one.rows.tolist()]


def _firing(by: Detector, due: Due, row: int) -> Firing:
    return Firing(by, due.kind, due.names[row], int(due.as_of[row]) // TICK_MS, int(due.evaluated[row]), row)


def _rule_of(raised: Raised) -> Rule:
    rule = raised.firing.rule
    assert isinstance(rule, Rule)
    return rule


def _event_firings(fired: Fired, part: Part, state: State) -> list[Firing]:
    """The first match of each entity in each tick: later ones of the same tick change nothing."""
    kind = fired.rule.entity
    touched, names = part.touched[kind], state.books[kind].names
    rows = fired.rows[touched.row_slot[fired.rows] >= 0]
    ticks, slots = touched.row_newest[rows] // TICK_MS, touched.row_slot[rows]
    firsts = _firsts(slots, ticks)
    return [
        Firing(fired.rule, kind, str(names[slots[i]]), int(ticks[i]), 0, int(rows[i]))
        for i in firsts.tolist()
    ]  # fmt: skip


def _firsts(slots: npt.NDArray[np.int64], ticks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    pairs = pl.DataFrame({"slot": slots, "tick": ticks}).with_row_index("row")
    firsts = pairs.group_by("slot", "tick", maintain_order=True).agg(pl.col("row").first())
    return firsts["row"].sort().cast(pl.Int64).to_numpy()


def _events_of(kept: Iterable[KeptEvents], due: Due, rows: list[int]) -> dict[int, pl.DataFrame]:
    """The kept events of the turns behind some evaluations, by row."""
    wanted = pl.DataFrame({"slot": due.slot[rows], "turn": due.turn[rows], "row": rows})
    found = []
    for one in kept:
        places = pl.DataFrame({"slot": one.slots[due.kind], "turn": one.turns[due.kind]}).with_row_index("at")
        hits = places.join(wanted, on=["slot", "turn"], how="inner", maintain_order="left")
        if hits.height:
            found.append(one.events[hits["at"].to_numpy()].with_columns(hits["row"].alias("due row")))
    if not found:
        return {}
    parts = pl.concat(found, how="diagonal").partition_by("due row", as_dict=True)
    return {int(key[0]): frame for key, frame in parts.items()}


def _matching(events: pl.DataFrame, features: Iterable[Feature], catalog: Catalog) -> pl.DataFrame:
    """The events that some feature, or what it is derived from, takes."""
    sources = {
        catalog.by_name[feature.entity, name]
        for feature in features for name in (feature.name, feature.of, feature.over) if name
    }  # fmt: skip
    chosen = [taken(source.selection) for source in sources if source.event]
    return events.filter(pl.any_horizontal(chosen)).sort("offset") if chosen else events.clear()
