"""What plots are drawn with: the frame with its title and table, axes, lanes and legends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from streams.quantities import number
from streams.web import axes
from streams.web.axes import Axis
from streams.web.visible import visible

WIDE = 480
"""Units that a drawing is wide; its text is 11 of them high."""

LEFT, RIGHT, TOP, FOOT = 58, 8, 8, 22
"""What is left free at its sides."""

LANE_HIGH = 34
MOST_LANES = 24
_LABEL = 60

_MARK = Markup('<line class="axis" x1="{x}" x2="{x}" y1="{foot}" y2="{tip}"/><text x="{x}" y="{below}" '
               'text-anchor="middle">{name}</text>')  # fmt: skip
_LEVEL = Markup('<line class="grid" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/><text x="{beside}" y="{on}" '
                'text-anchor="end">{name}</text>')  # fmt: skip
_LANE = Markup('<text class="lane" x="{left}" y="{above}">{name}</text>'
               '<line class="grid" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>')  # fmt: skip
_SWATCH = Markup('<li><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">'
                 '<rect class="{look}" width="10" height="10"/></svg> {name}</li>')  # fmt: skip
_SVG = Markup('<svg viewBox="0 0 {wide} {high}" role="img" aria-labelledby="{id}-title {id}-about">'
              '<title id="{id}-title">{title}</title><desc id="{id}-about">{about}</desc>{body}</svg>')  # fmt: skip
_FIGURE = Markup('<figure class="plot"><figcaption>{title}</figcaption>{svg}{legend}{table}</figure>')
_TABLE = Markup('<details class="figures"><summary>The figures of this plot (times in UTC)</summary>'
                '<div class="scroll"><table><caption>{about}</caption><thead><tr>{head}</tr></thead>'
                "<tbody>{body}</tbody></table></div></details>")  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a plot is called, in a word that is its own on the page, and as people read it; about: what it shows."""

    name: str
    title: str
    about: str


@dataclass(frozen=True)
class Kind:
    """A kind of thing, and the class that it is drawn by."""

    name: str
    look: str


def figure(told: Told, high: float, body: Markup, columns: Sequence[str], rows: Iterable[Sequence[str]],
           legend: Markup | None = None) -> Markup:  # fmt: skip
    """A drawing with its title, and below it the same figures as a table; high: in units of the drawing."""
    title, about = visible(told.title), visible(told.about)
    svg = _SVG.format(wide=WIDE, high=high, id=told.name, title=title, about=about, body=body)
    return _FIGURE.format(title=title, svg=svg, legend=legend or "", table=_table(about, columns, rows))


def _table(about: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(visible(one)) for one in columns)
    body = Markup("").join(Markup("<tr>{}</tr>").format(_cells(row)) for row in rows)
    return _TABLE.format(about=about, head=head, body=body)


def _cells(row: Sequence[str]) -> Markup:
    return Markup("").join(Markup("<td>{}</td>").format(visible(one)) for one in row)


def middle(index: int) -> float:
    """How far down the line of a lane is."""
    return TOP + index * LANE_HIGH + 22


def lane(name: str, index: int) -> Markup:
    """A lane's name above its line."""
    short, y = visible(name if len(name) <= _LABEL else name[: _LABEL - 1] + "…"), middle(index)
    return _LANE.format(left=RIGHT, right=WIDE - RIGHT, above=y - 10, y=y, name=short)


def times(time: Axis, foot: float) -> Markup:
    """The line of time with round times below it."""
    line = Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(time.begin, time.end, foot, foot)
    marks = (_MARK.format(x=time.at(at_ms), foot=foot, tip=foot + 4, below=foot + 16, name=name)
             for at_ms, name in axes.times(time))  # fmt: skip
    return line + Markup("").join(marks)


def levels(value: Axis, unit: str) -> Markup:
    """Round values beside their lines; the unit stands in the title and the table too."""
    return Markup("").join(
        _LEVEL.format(left=LEFT, right=WIDE - RIGHT, beside=LEFT - 4, y=value.at(one), on=value.at(one) + 4,
                      name=_short(one, unit)) for one in axes.values(value))  # fmt: skip


def _short(value: float, unit: str) -> str:
    whole = int(value) if float(value).is_integer() and abs(value) < 10_000 else value
    if unit == "ms" or unit.startswith("share"):
        return number(whole, unit.partition(" of ")[0])
    return number(whole) if abs(value) < 10_000 else f"{value:.3g}"


def legend(kinds: Iterable[Kind]) -> Markup:
    """Which colour is which kind."""
    items = Markup("").join(_SWATCH.format(look=kind.look, name=visible(kind.name)) for kind in kinds)
    return Markup('<ul class="legend">{}</ul>').format(items)
