"""Plots are drawings that any reader of XML understands, of whatever figures and words."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from rooms import HOSTILE
from thorough import examples

from streams.web.drawing import WIDE
from streams.web.plots import Kind, Point, Span, Told, bars, lines, points, spans

_TOLD = Told("plot", HOSTILE, HOSTILE)
_MS = st.integers(0, 253_402_290_000_000)  # hours before the year 10000, which is no moment any more
_VALUES = st.floats(-1e300, 1e300, allow_nan=False)
_UNITS = st.sampled_from(["", "share", "share of requests", "ms", "events", "GPUs"])


def _read(drawn: Markup) -> ElementTree.Element:
    """A plot as a tree, checked: it has a title, no text of its own is markup, all of it is inside the frame."""
    root = ElementTree.fromstring(drawn)  # our own output
    svg = root.find("svg")
    assert svg is not None
    assert svg.attrib["role"] == "img"
    assert svg.find("title") is not None
    assert not root.findall(".//script")
    high = float(svg.attrib["viewBox"].split()[3])
    for one in svg.iter():
        assert "style" not in one.attrib
        spots = [(name, float(one.attrib[name])) for name in ("x", "cx", "x1", "x2", "y", "cy", "y1", "y2")
                 if name in one.attrib]  # fmt: skip
        assert all(-0.01 <= at <= (WIDE if "x" in name else high) for name, at in spots), one.attrib
    return root


@settings(max_examples=examples(40))
@given(first=_MS, counts=st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1, max_size=90))
def test_bars_hold_any_counts(first: int, counts: list[tuple[int, int]]) -> None:
    """Every slice stands in the table with its counts, however great they are."""
    slices = [(first + index * 60_000, {"a": a, "b": b}) for index, (a, b) in enumerate(counts)]
    root = _read(bars(_TOLD, [Kind("a", "kind-0"), Kind("b", "kind-1")], slices, 60_000, "events"))
    rows = [[cell.text for cell in row] for row in root.findall(".//tbody/tr")]
    assert [row[1:] for row in rows] == [[f"{a:,}", f"{b:,}"] for a, b in counts]


@settings(max_examples=examples(60))
@given(values=st.lists(st.tuples(_MS, _VALUES), min_size=1, max_size=40), threshold=_VALUES, unit=_UNITS)
def test_lines_hold_any_values(values: list[tuple[int, float]], threshold: float, unit: str) -> None:
    """Values and thresholds of any size, in any unit, fit into the frame."""
    root = _read(lines(_TOLD, sorted(values), (f"fires above {HOSTILE}", threshold), unit))
    assert len(root.findall(".//svg/circle")) == len(values)


@settings(max_examples=examples(40))
@given(moments=st.lists(st.tuples(_MS, _MS | st.none()), min_size=1, max_size=60))
def test_what_happened_and_what_held_fit_into_their_time(moments: list[tuple[int, int | None]]) -> None:
    """Points and spans of any times are drawn within the frame, and all of them stand in the table."""
    first = min(at for at, _ in moments)
    last = max(at for pair in moments for at in pair if at is not None)
    seen = [Point(at, f"lane {index} {HOSTILE}", "severity-high", HOSTILE) for index, (at, _) in enumerate(moments)]
    held = [Span(HOSTILE, at, until if until is None else max(at, until), "kind-1", HOSTILE) for at, until in moments]
    for root in (_read(points(_TOLD, seen, first, last)), _read(spans(_TOLD, held, first, last))):
        assert len(root.findall(".//tbody/tr")) == len(moments)


def test_a_plot_tells_what_it_shows_in_words() -> None:
    """A reader who sees no drawing has its title, what it is about, and every figure with its unit and zone."""
    drawn = str(
        lines(Told("gpu", "GPU use", "how busy"), [(0, 0.5), (60_000, 0.98)], ("fires above 90 %", 0.9), "share")
    )
    assert 'aria-labelledby="gpu-title gpu-about"' in drawn
    assert "<td>1970-01-01 00:01 UTC</td><td>98 %</td>" in drawn
    assert "fires above 90 %" in drawn
