"""The feature engine's naive twin: docs/semantics.md event by event, every feature anew from plain lists.

Written from the definition alone, without looking at the engine. Times are integer milliseconds since
1970 UTC; values are in each column's natural unit.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from features.event import COLUMNS

Event = dict[str, Any]
Entity = tuple[str, ...]
Value = int | float | None

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
TICK = 10 * SECOND

BITS = 512
LONGEST_GAP = 2**31 - 1
LONGEST_ORDINAL = 15
LARGEST_STEP = 3
Z = 1.96
EXACT_PEERS = 1000
FEWEST_PEERS = 20

NO_USE = "standing"
"""The type of the events that tell what is in force: they touch the account, but are no use of it."""

KINDS = {"account": None, "key": "api_key_id", "workload": "workload_id", "end_user": "end_user_id"}
"""The column that, after `account_id`, names an entity of each kind."""

CREATED = {"account": "account_created_at", "key": "key_created_at"}
"""The column that tells when an entity of a kind was created."""


@dataclass(frozen=True)
class Declared:
    """One feature as declared: `event` and `where` match, `of` and `over` name features; `per_ms` in ms."""

    name: str
    entity: str
    aggregate: str
    windows: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    where: Callable[[dict[str, Any]], bool | None] | None = None
    column: str | None = None
    of: str | None = None
    over: str | None = None
    per_ms: int = 60_000


@dataclass(frozen=True)
class Evaluation:
    """An entity's features at the closing of a turn: `trigger` an offset, `as_of` in ms, `tick` of 10 s."""

    trigger: int
    kind: str
    entity: tuple[str, ...]
    tick: int
    as_of: int
    plan: str | None
    values: dict[str, int | float | None]
    enough: dict[str, bool]


@dataclass(frozen=True)
class Touch:
    """A record that touched an entity: its offset, stream time at it (ms), the turn it fell in (a tick)."""

    offset: int
    stream: int
    turn: int
    event: Event

    @property
    def time(self) -> int:
        """The event's own time (ms)."""
        return int(self.event["time"])


@dataclass(frozen=True)
class Window:
    """A window of whole panes, and the running one; `pane` in ms."""

    panes: int
    pane: int

    @property
    def length(self) -> int:
        """The window's nominal length (ms)."""
        return self.panes * self.pane

    def oldest(self, as_of: int) -> int:
        """The oldest slice it holds as of a time (a count of panes since 1970)."""
        return as_of // self.pane - self.panes

    def holds(self, time: int, as_of: int) -> bool:
        """Whether an event of `time` (ms) is in it, read as of `as_of` (ms)."""
        return self.oldest(as_of) <= time // self.pane <= as_of // self.pane

    def span(self, as_of: int) -> int:
        """What it covers as of a time (ms)."""
        return as_of - self.oldest(as_of) * self.pane


WINDOWS = {
    "1m": Window(6, 10 * SECOND),
    "10m": Window(5, 2 * MINUTE),
    "1h": Window(6, 10 * MINUTE),
    "6h": Window(6, HOUR),
    "24h": Window(6, 4 * HOUR),
    "7d": Window(7, DAY),
}
"""The windows by name."""


def tick(time: int) -> int:
    """The tick (10 s) that a time (ms) is in."""
    return time // TICK


_MASK = 2**64 - 1
_P1 = 0x9E3779B185EBCA87
_P2 = 0xC2B2AE3D27D4EB4F
_P3 = 0x165667B19E3779F9
_P4 = 0x85EBCA77C2B2AE63
_P5 = 0x27D4EB2F165667C5


def _rotate(x: int, by: int) -> int:
    return (x << by | x >> (64 - by)) & _MASK


def _round(lane: int, word: int) -> int:
    return _rotate((lane + word * _P2) & _MASK, 31) * _P1 & _MASK


def _words(data: bytes, size: int) -> Iterator[int]:
    whole = len(data) - len(data) % size
    return (int.from_bytes(data[i : i + size], "little") for i in range(0, whole, size))


def _stripes(data: bytes) -> int:
    lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
    for i, word in enumerate(_words(data, 8)):
        lanes[i % 4] = _round(lanes[i % 4], word)
    h = sum(_rotate(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
    for lane in lanes:
        h = ((h ^ _round(0, lane)) * _P1 + _P4) & _MASK
    return h


def _rest(h: int, data: bytes) -> int:
    for word in _words(data, 8):
        h = (_rotate(h ^ _round(0, word), 27) * _P1 + _P4) & _MASK
    data = data[len(data) // 8 * 8 :]
    for word in _words(data, 4):
        h = (_rotate(h ^ (word * _P1 & _MASK), 23) * _P2 + _P3) & _MASK
    for byte in data[len(data) // 4 * 4 :]:
        h = _rotate(h ^ (byte * _P5 & _MASK), 11) * _P1 & _MASK
    return h


def xxh64(data: bytes) -> int:
    """XxHash64 with seed 0."""
    whole = len(data) // 32 * 32
    h = _stripes(data[:whole]) if whole else _P5
    h = _rest((h + len(data)) & _MASK, data[whole:])
    h = (h ^ h >> 33) * _P2 & _MASK
    h = (h ^ h >> 29) * _P3 & _MASK
    return h ^ h >> 32


def touched(kind: str, event: Event, types: Container[str]) -> Entity | None:
    """The entity of a kind that an event touches, or none; only events of `types` touch end users."""
    if kind == "end_user" and event["type"] not in types:
        return None
    if event["type"] == "heartbeat" or event.get("denied_by_us") is True:
        return None
    columns = ("account_id", KINDS[kind] or "account_id")
    if any(event.get(column) is None for column in columns):
        return None
    return tuple(event[column] for column in dict.fromkeys(columns))


def matches(feature: Declared, event: Event) -> bool:
    """Whether a feature counts an event."""
    if event["type"] not in feature.event:
        return False
    if feature.where is not None and feature.where(event) is not True:
        return False
    return feature.column is None or event.get(feature.column) is not None


def scaled(column: str, value: float) -> int:
    """A value as an integer in its column's declared scale."""
    return round(value * COLUMNS[column].scale)


def ordinal(column: str, value: Any) -> int | None:
    """The number that orders a value: scaled for numbers, the last run of digits for texts."""
    if not isinstance(value, str):
        return scaled(column, value)
    runs = re.findall("[0-9]+", value)
    return int(runs[-1]) if runs and len(runs[-1]) <= LONGEST_ORDINAL else None


def deviation(xs: Sequence[int]) -> float | None:
    """Standard deviation of integers, in their unit; none for fewer than two."""
    n = len(xs)
    if n < 2:
        return None
    # Σx²/n − (Σx/n)² with n² taken out, as integers: nothing cancels, and nothing falls below 0.
    return math.sqrt(n * sum(x * x for x in xs) - sum(xs) ** 2) / n


def estimate(key: str, texts: Iterable[str]) -> int:
    """How many different texts a bitmap of their hashes tells of."""
    return estimate_of(len({bit(key, text) for text in texts}))


def bit(key: str, text: str) -> int:
    """The bit of a text."""
    return xxh64(key.encode() + text.encode()) % BITS


def estimate_of(bits: int) -> int:
    """How many different texts so many bits tell of."""
    return round(-BITS * math.log(max(BITS - bits, 1) / BITS))


def wilson(k: float, n: float) -> float:
    """Lower bound of a share of which k of n were seen (z = 1.96)."""
    p = min(k, n) / n
    middle = p + Z**2 / (2 * n)
    margin = Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return (middle - margin) / (1 + Z**2 / n)


def peer_table(values: Iterable[float]) -> list[float]:
    """Peers' values, sorted: all up to 1,000 of them, else 1,001 order statistics."""
    ordered = sorted(values)
    if len(ordered) <= EXACT_PEERS:
        return ordered
    return [ordered[i * (len(ordered) - 1) // 1000] for i in range(1001)]


@dataclass(frozen=True)
class View:
    """What an entity's features are read from: its events as they arrived, `as_of` and `first` in ms."""

    features: Sequence[Declared]
    hash_key: str
    events: Sequence[Event]
    as_of: int
    first: int | None

    def named(self, name: str | None, window: str) -> Value:
        """The value, in the same window, of the feature that another one names."""
        (feature,) = (feature for feature in self.features if feature.name == name)
        return self.value(feature, window)

    def value(self, feature: Declared, window: str) -> Value:
        """A windowed feature's value, in natural units."""
        return WINDOWED[feature.aggregate](self, feature, window)

    def matching(self, feature: Declared) -> list[Event]:
        """Every event kept that a feature matches, as they arrived."""
        return [event for event in self.events if matches(feature, event)]

    def within(self, feature: Declared, window: str) -> list[Event]:
        """The events that a feature matches in a window."""
        return [event for event in self.matching(feature) if self.holds(event, window)]

    def holds(self, event: Event, window: str) -> bool:
        """Whether an event's slice is in a window."""
        return WINDOWS[window].holds(event["time"], self.as_of)

    def numbers(self, feature: Declared, window: str) -> list[int]:
        """The scaled values of a feature's column in a window."""
        column = _column(feature)
        return [scaled(column, event[column]) for event in self.within(feature, window)]


def _column(feature: Declared) -> str:
    assert feature.column is not None, f"{feature.name} needs a column"
    return feature.column


def _natural(feature: Declared, x: float | None) -> float | None:
    return None if x is None else x / COLUMNS[_column(feature)].scale


def _count(view: View, feature: Declared, window: str) -> Value:
    return len(view.within(feature, window))


def _sum(view: View, feature: Declared, window: str) -> Value:
    return _natural(feature, sum(view.numbers(feature, window)))


def _max(view: View, feature: Declared, window: str) -> Value:
    return _natural(feature, max(view.numbers(feature, window), default=None))


def _mean(view: View, feature: Declared, window: str) -> Value:
    xs = view.numbers(feature, window)
    return _natural(feature, sum(xs) / len(xs) if xs else None)


def _deviation(view: View, feature: Declared, window: str) -> Value:
    return _natural(feature, deviation(view.numbers(feature, window)))


def _distinct(view: View, feature: Declared, window: str) -> Value:
    column = _column(feature)
    return estimate(view.hash_key, (str(event[column]) for event in view.within(feature, window)))


def _novel(view: View, feature: Declared, window: str) -> Value:
    recent = view.as_of // WINDOWS[window].pane - 1
    bits: dict[bool, set[int]] = {True: set(), False: set()}
    for event in view.within(feature, window):
        text = str(event[_column(feature)])
        bits[event["time"] // WINDOWS[window].pane < recent].add(bit(view.hash_key, text))
    return estimate_of(len(bits[False] - bits[True])) if bits[True] else None


def _active_hours(view: View, feature: Declared, window: str) -> Value:
    return len({event["time"] // HOUR for event in view.within(feature, window)})


def _rate(view: View, feature: Declared, window: str) -> Value:
    of = view.named(feature.of, window)
    return None if of is None else of * feature.per_ms / WINDOWS[window].span(view.as_of)


def _ratio(view: View, feature: Declared, window: str) -> Value:
    of, over = view.named(feature.of, window), view.named(feature.over, window)
    return None if of is None or over is None or over == 0 else of / over


def _bound(view: View, feature: Declared, window: str) -> Value:
    k, n = view.named(feature.of, window), view.named(feature.over, window)
    return None if k is None or n is None or n == 0 else wilson(k, n)


def _gaps(view: View, feature: Declared, window: str) -> list[int]:
    gaps = []
    newest: int | None = None
    for event in view.matching(feature):
        time = event["time"]
        if newest is not None and time >= newest and view.holds(event, window):
            gaps.append(min(time - newest, LONGEST_GAP))
        newest = time if newest is None else max(newest, time)
    return gaps


def _spacing_mean(view: View, feature: Declared, window: str) -> Value:
    gaps = _gaps(view, feature, window)
    return sum(gaps) / len(gaps) / SECOND if gaps else None


def _spacing_variation(view: View, feature: Declared, window: str) -> Value:
    gaps = _gaps(view, feature, window)
    spread = deviation(gaps)
    return None if spread is None or sum(gaps) == 0 else spread / (sum(gaps) / len(gaps))


def _steps(view: View, feature: Declared, window: str) -> list[int]:
    column = _column(feature)
    steps = []
    previous: int | None = None
    for event in view.matching(feature):
        this = ordinal(column, event[column])
        if this is not None and previous is not None and view.holds(event, window):
            steps.append(this - previous)
        previous = previous if this is None else this
    return steps


def _ascending(view: View, feature: Declared, window: str) -> Value:
    steps = _steps(view, feature, window)
    return sum(1 <= step <= LARGEST_STEP for step in steps) / len(steps) if steps else None


def _first_seen(view: View, feature: Declared) -> Value:
    return None if view.first is None else max(view.as_of - view.first, 0) / SECOND


def _last_seen(view: View, feature: Declared) -> Value:
    times = [event["time"] for event in view.matching(feature)]
    return (view.as_of - max(times)) / SECOND if times else None


WINDOWED: dict[str, Callable[[View, Declared, str], Value]] = {
    "count": _count,
    "sum": _sum,
    "max": _max,
    "mean": _mean,
    "deviation": _deviation,
    "distinct": _distinct,
    "novel": _novel,
    "active_hours": _active_hours,
    "rate": _rate,
    "share": _ratio,
    "ratio": _ratio,
    "bound": _bound,
    "spacing_mean": _spacing_mean,
    "spacing_variation": _spacing_variation,
    "ascending": _ascending,
}
"""How each windowed aggregate is read; `spacing` as the two features that it is."""

WINDOWLESS: dict[str, Callable[[View, Declared], Value]] = {
    "first_seen": _first_seen,
    "last_seen": _last_seen,
}
"""How each windowless aggregate is read."""


def split(feature: Declared) -> list[Declared]:
    """A spacing as the two features it is; any other feature by itself."""
    if feature.aggregate != "spacing":
        return [feature]
    parts = ("mean", "variation")
    return [replace(feature, name=f"{feature.name}_{p}", aggregate=f"spacing_{p}") for p in parts]


def read(view: View) -> dict[str, Value]:
    """Every feature's value by its full name, in natural units."""
    values: dict[str, Value] = {}
    for feature in view.features:
        if feature.aggregate in WINDOWLESS:
            values[feature.name] = WINDOWLESS[feature.aggregate](view, feature)
        else:
            values |= {f"{feature.name}_{w}": view.value(feature, w) for w in feature.windows}
    return values


def history(features: Sequence[Declared], age: int, whole: bool) -> dict[str, bool]:
    """Whether each feature has enough history, by its full name, at an age of `age` ms; all have of a `whole` life."""
    enough: dict[str, bool] = {}
    for feature in features:
        if feature.aggregate in WINDOWLESS:
            enough[feature.name] = True
        else:
            enough |= {f"{feature.name}_{w}": whole or age >= WINDOWS[w].length for w in feature.windows}
    return enough


class Oracle:
    """The naive engine of one partition.

    `declared`: the catalogue. `hash_key`: what precedes a text in its hash.
    `cap`: the most entities of a kind; a kind it leaves out has none.
    """

    kept: dict[str, dict[Entity, list[Touch]]]
    """Each kind's entities, with the records that touched them since they were taken up."""
    open_turns: dict[tuple[str, Entity], int]
    """The open turn (a tick) of each entity that has one, by kind and entity."""
    dropped_turns: int
    """How many open turns the cap has dropped."""
    peers: dict[tuple[str, str | None, str], list[float]]
    """The last whole hour's tables by kind, plan and feature, sorted, in natural units."""

    def __init__(self, declared: Sequence[Declared], hash_key: str, cap: dict[str, int] | None = None) -> None:
        self._features = {
            kind: [part for feature in declared if feature.entity == kind for part in split(feature)] for kind in KINDS
        }
        self._hash_key = hash_key
        self._cap = cap or {}
        self._birth: int | None = None
        self._stream = 0
        self._proven: dict[tuple[str, Entity], int | None] = {}
        self.kept = {kind: {} for kind, features in self._features.items() if features}
        self.open_turns = {}
        self.dropped_turns = 0
        self.peers = {}

    def feed(self, offset: int, stamp: int, event: dict[str, Any]) -> list[Evaluation]:
        """One accepted record (`stamp` in ms) -> the evaluations it triggers, by tick, kind and entity."""
        new_hour = self._advance(stamp)
        touches = {kind: entity for kind in self.kept if (entity := self._touched(kind, event)) is not None}
        evaluations = self._close(offset, event, touches)
        if new_hour:
            self._whole_hour(self._stream // HOUR * HOUR)
        for kind, entity in touches.items():
            self._take(kind, entity, offset, event)
        return sorted(evaluations, key=lambda e: (e.tick, e.kind, e.entity))

    def _touched(self, kind: str, event: Event) -> Entity | None:
        return touched(kind, event, {one for feature in self._features[kind] for one in feature.event})

    def percentile(self, kind: str, plan: str | None, name: str, value: float) -> float | None:
        """Share of the peers' values below, 0 to 1; none where fewer than 20 peers tell."""
        table = self.peers.get((kind, plan, name), [])
        return bisect_left(table, value) / len(table) if len(table) >= FEWEST_PEERS else None

    def _advance(self, stamp: int) -> bool:
        first = self._birth is None
        before = self._stream
        self._birth = stamp if self._birth is None else self._birth
        self._stream = stamp if first else max(before, stamp)
        return not first and self._stream // HOUR > before // HOUR

    def _turn(self, kind: str, entity: Entity, event: Event) -> int:
        earlier = self.kept[kind].get(entity, [])
        own = tick(max([event["time"], *(touch.time for touch in earlier)]))
        raw = own if tick(self._stream) <= own + 1 else tick(self._stream)
        return max([raw, *(touch.turn for touch in earlier)])

    def _close(self, offset: int, event: Event, touches: dict[str, Entity]) -> list[Evaluation]:
        closed = []
        for (kind, entity), turn in self.open_turns.items():
            moves_on = touches.get(kind) == entity and self._turn(kind, entity, event) > turn
            if moves_on or tick(self._stream) >= turn + 2:
                closed.append((kind, entity))
        for key in closed:
            del self.open_turns[key]
        return [self._evaluate(offset, *key) for key in closed if self._used(*key, self._newest(*key) // TICK * TICK)]

    def _take(self, kind: str, entity: Entity, offset: int, event: Event) -> None:
        entities = self.kept[kind]
        if entity not in entities and len(entities) >= self._cap.get(kind, math.inf):
            self._make_room(kind)
        turn = self._turn(kind, entity, event)
        entities.setdefault(entity, []).append(Touch(offset, self._stream, turn, event))
        self.open_turns[kind, entity] = turn

    def _evaluate(self, trigger: int, kind: str, entity: Entity) -> Evaluation:
        as_of = self._newest(kind, entity)
        view = self._view(kind, entity)
        values = read(view)
        whole = view.first is not None and view.first >= self._born()
        enough = history(self._features[kind], as_of - self._born(), whole)
        plan = self._plan(kind, entity)
        return Evaluation(trigger, kind, entity, tick(as_of), as_of, plan, values, enough)

    def _view(self, kind: str, entity: Entity) -> View:
        events = [touch.event for touch in self.kept[kind][entity]]
        as_of, first = self._newest(kind, entity), self._first(kind, entity)
        return View(self._features[kind], self._hash_key, events, as_of, first)

    def _born(self) -> int:
        assert self._birth is not None
        return self._birth

    def _newest(self, kind: str, entity: Entity) -> int:
        return max(touch.time for touch in self.kept[kind][entity])

    def _used(self, kind: str, entity: Entity, since: int) -> bool:
        touches = self.kept[kind][entity]
        return any(touch.time >= since for touch in touches if touch.event["type"] != NO_USE)

    def _plan(self, kind: str, entity: Entity) -> str | None:
        plans = [touch.event.get("plan") for touch in self.kept[kind][entity]]
        return next((plan for plan in reversed(plans) if plan is not None), None)

    def _longest(self, kind: str) -> int:
        windows = [window for feature in self._features[kind] for window in feature.windows]
        return max((WINDOWS[window].length for window in windows), default=MINUTE)

    def _first(self, kind: str, entity: Entity) -> int | None:
        touches = self.kept[kind][entity]
        proofs = [self._proven.get((kind, entity)), self._first_event(kind, entity)]
        if kind in CREATED:
            proofs += [touch.event.get(CREATED[kind]) for touch in touches]
        if kind == "account":
            proofs += [self._signup(touch) for touch in touches]
        return min((proof for proof in proofs if proof is not None), default=None)

    def _first_event(self, kind: str, entity: Entity) -> int | None:
        first = self.kept[kind][entity][0]
        watched = first.stream - self._born() >= self._longest(kind)
        new = (kind, entity) not in self._proven
        proves = watched and new and first.event["type"] != NO_USE and not self._late(kind, first)
        return first.time if proves else None

    def _signup(self, touch: Touch) -> int | None:
        signup = touch.event["type"] == "signup"
        return touch.time if signup and not self._late("account", touch) else None

    def _late(self, kind: str, touch: Touch) -> bool:
        return touch.time < touch.stream - self._longest(kind)

    def _whole_hour(self, hour: int) -> None:
        self._make_tables(hour)
        for kind, entities in self.kept.items():
            silent = [entity for entity in entities if self._is_silent(kind, entity, hour)]
            for entity in silent:
                self._free(kind, entity)

    def _make_tables(self, hour: int) -> None:
        values: dict[tuple[str, str | None, str], list[float]] = {}
        recent = [(k, e) for k in self.kept for e in self.kept[k] if self._used(k, e, hour - DAY)]
        for kind, entity in recent:
            plan = self._plan(kind, entity)
            for name, value in read(self._view(kind, entity)).items():
                if value is not None:
                    values.setdefault((kind, plan, name), []).append(value)
        self.peers = {key: peer_table(them) for key, them in values.items()}

    def _is_silent(self, kind: str, entity: Entity, hour: int) -> bool:
        last_stream = self.kept[kind][entity][-1].stream
        return max(self._newest(kind, entity), last_stream) < hour - self._longest(kind)

    def _make_room(self, kind: str) -> None:
        entities = self.kept[kind]
        silent_longest = sorted(entities, key=lambda entity: entities[entity][-1].offset)
        for entity in silent_longest[: max(self._cap[kind] // 64, 1)]:
            self._free(kind, entity)

    def _free(self, kind: str, entity: Entity) -> None:
        # Kept even where nothing is proven: it says that the entity was kept before.
        self._proven[kind, entity] = self._first(kind, entity)
        del self.kept[kind][entity]
        if self.open_turns.pop((kind, entity), None) is not None:
            self.dropped_turns += 1
