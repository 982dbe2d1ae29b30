"""Plots as SVG made here from numbers: bars over time, what happened when, what held for how long, values by time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from streams.enforcement.statement.wording import moment
from streams.quantities import number
from streams.web import axes, drawing
from streams.web.axes import Axis
from streams.web.drawing import FOOT, LANE_HIGH, LEFT, MOST_LANES, RIGHT, TOP, WIDE, Kind, Told
from streams.web.visible import visible

__all__ = ["Kind", "Point", "Span", "Told", "bars", "lines", "points", "spans"]

_BARS_HIGH, _LINES_HIGH = 150, 130

_BAR = Markup('<rect class="{look}" x="{x}" y="{y}" width="{wide:.2f}" height="{high:.2f}"/>')
_POINT = Markup('<circle class="{look}" cx="{x}" cy="{y}" r="4.5"><title>{note}</title></circle>')
_SPAN = Markup('<rect class="{look}" x="{x}" y="{y}" width="{wide:.2f}" height="9"><title>{note}</title></rect>')
_LIMIT = Markup('<line class="threshold" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>'
                '<text class="of-threshold" x="{right}" y="{above}" text-anchor="end">{words}</text>')  # fmt: skip


@dataclass(frozen=True)
class Point:
    """Something that happened. lane: beside what else it is drawn; note: what it was."""

    at_ms: int
    lane: str
    look: str
    note: str


@dataclass(frozen=True)
class Span:
    """Something that held for a time. until_ms: None while it holds."""

    label: str
    from_ms: int
    until_ms: int | None
    look: str
    note: str


def bars(told: Told, kinds: Sequence[Kind], slices: Sequence[tuple[int, Mapping[str, int]]], step_ms: int,
         unit: str) -> Markup:  # fmt: skip
    """Counts over time, a bar for each slice, its kinds one on another; slices: when each begins (ms) with its counts,
    one at least.
    """
    time = axes.of_time(slices[0][0], slices[-1][0] + step_ms, LEFT, WIDE - RIGHT)
    sums = [float(sum(counts.get(kind.name, 0) for kind in kinds)) for _, counts in slices]
    value = axes.of_values(sums, TOP + _BARS_HIGH, TOP)
    wide = max(time.at(slices[0][0] + step_ms) - time.at(slices[0][0]) - 0.5, 0.5)
    drawn = Markup("").join(_bar(time.at(at_ms), counts, kinds, value, wide) for at_ms, counts in slices)
    body = drawing.levels(value, unit) + drawn + drawing.times(time, TOP + _BARS_HIGH)
    rows = [(moment(at_ms), *(f"{counts.get(kind.name, 0):,}" for kind in kinds)) for at_ms, counts in slices]
    columns = ("from", *(f"{kind.name} ({unit})" for kind in kinds))
    return drawing.figure(told, TOP + _BARS_HIGH + FOOT, body, columns, rows, drawing.legend(kinds))


def _bar(x: float, counts: Mapping[str, int], kinds: Sequence[Kind], value: Axis, wide: float) -> Markup:
    below, parts = 0, []
    for kind in kinds:
        count = counts.get(kind.name, 0)
        if count > 0:
            top = value.at(below + count)
            parts.append(_BAR.format(look=kind.look, x=x, y=top, wide=wide, high=value.at(below) - top))
            below += count
    return Markup("").join(parts)


def points(told: Told, events: Sequence[Point], first_ms: int, last_ms: int) -> Markup:
    """What happened when: a line for each lane, in the order in which lanes first come; MOST_LANES are drawn."""
    lanes = {name: index for index, name in enumerate(list(dict.fromkeys(one.lane for one in events))[:MOST_LANES])}
    time, foot = axes.of_time(first_ms, last_ms, RIGHT, WIDE - RIGHT), TOP + len(lanes) * LANE_HIGH
    named = Markup("").join(drawing.lane(name, index) for name, index in lanes.items())
    spots = Markup("").join(
        _POINT.format(look=one.look, x=time.at(one.at_ms), y=drawing.middle(lanes[one.lane]),
                      note=visible(f"{one.note}, {moment(one.at_ms)}"))
        for one in events if one.lane in lanes)  # fmt: skip
    rows = [(moment(one.at_ms), one.lane, one.note) for one in events]
    return drawing.figure(told, foot + FOOT, named + spots + drawing.times(time, foot), ("at", "of", "what"), rows)


def spans(told: Told, held: Sequence[Span], first_ms: int, last_ms: int) -> Markup:
    """What held from when to when; what still holds goes on to the last moment. The last MOST_LANES are drawn."""
    shown = held[-MOST_LANES:]
    time, foot = axes.of_time(first_ms, last_ms, RIGHT, WIDE - RIGHT), TOP + len(shown) * LANE_HIGH
    body = Markup("").join(_held(one, index, time, last_ms) for index, one in enumerate(shown))
    rows = [(one.label, moment(one.from_ms), "still holds" if one.until_ms is None else moment(one.until_ms), one.note)
            for one in held]  # fmt: skip
    return drawing.figure(told, foot + FOOT, body + drawing.times(time, foot), ("what", "from", "until", "state"), rows)


def _held(one: Span, index: int, time: Axis, last_ms: int) -> Markup:
    left, right = time.at(one.from_ms), time.at(last_ms if one.until_ms is None else one.until_ms)
    return drawing.lane(one.label, index) + _SPAN.format(
        look=one.look, x=min(left, time.end - 2.0), y=drawing.middle(index) - 4.5, wide=max(right - left, 2.0),
        note=visible(f"{one.label}: {one.note}"))  # fmt: skip


def lines(told: Told, values: Sequence[tuple[int, float]], threshold: tuple[str, float], unit: str) -> Markup:
    """A value over time beside its threshold; values: (ms, value) in order, one at least; threshold: in words, and
    where it is.
    """
    time = axes.of_time(values[0][0], values[-1][0], LEFT, WIDE - RIGHT)
    value = axes.of_values([*(one for _, one in values), threshold[1]], TOP + _LINES_HIGH, TOP)
    places = [(time.at(at_ms), value.at(one)) for at_ms, one in values]
    line = Markup('<polyline class="line" points="{}"/>').format(" ".join(f"{x},{y}" for x, y in places))
    spots = Markup("").join(
        _POINT.format(look="value", x=x, y=y, note=visible(f"{number(one, unit)}, {moment(at_ms)}"))
        for (x, y), (at_ms, one) in zip(places, values, strict=True))  # fmt: skip
    body = drawing.levels(value, unit) + _limit(threshold, value) + line + spots
    rows = [(moment(at_ms), number(one, unit)) for at_ms, one in values]
    return drawing.figure(told, TOP + _LINES_HIGH + FOOT, body + drawing.times(time, TOP + _LINES_HIGH),
                          ("at", "value"), rows)  # fmt: skip


def _limit(threshold: tuple[str, float], value: Axis) -> Markup:
    y = value.at(threshold[1])
    above = y - 4 if y > TOP + 14 else y + 12
    return _LIMIT.format(left=LEFT, right=WIDE - RIGHT, y=y, above=above, words=visible(threshold[0]))
