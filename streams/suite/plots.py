"""Plots of a report, as PNG and SVG; matplotlib is an extra: pip install 'tipstaff[plots]'."""

from __future__ import annotations

import math
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from streams.suite.figures import ALL, BUDGETS, Answer, nested
from streams.suite.report import Report

KINDS = ("png", "svg")
HOW_TO_GET = "plots were left out: matplotlib is not installed; get it by: pip install 'tipstaff[plots]'"


def available() -> bool:
    """Whether plots can be made."""
    return find_spec("matplotlib") is not None


def drawn(report: Report, folder: Path) -> list[Path]:
    """Write all plots into a folder; each in both formats. Raises ModuleNotFoundError, OSError."""
    import_module("matplotlib").use("Agg")
    plt = import_module("matplotlib.pyplot")
    written = []
    for name, draw in _PLOTS.items():
        figure = draw(plt, report)
        for kind in KINDS:
            path = folder / f"{name}.{kind}"
            figure.savefig(path, bbox_inches="tight", dpi=150)
            written.append(path)
        plt.close(figure)
    return written


def _recall(plt: Any, report: Report) -> Any:
    kinds = nested(report.answers, "kinds")
    names = sorted(kinds, key=lambda one: (one == ALL, kinds[one]["recall"].value, one))
    figure, axes = plt.subplots(figsize=(8, 1.2 + 0.32 * len(names)), layout="constrained")
    found = [kinds[name]["recall"] for name in names]
    axes.errorbar([one.value for one in found], names, xerr=_reach(found), fmt="o", color=_COLOURS[0], **_BARS)
    axes.set(xlabel="accounts caught, with 95 % intervals", title="Caught, by kind of campaign")
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(_in_percent())
    axes.grid(axis="x", alpha=_FAINT)
    return figure


def _precision(plt: Any, report: Report) -> Any:
    return _ranked(plt, report, "precision_at", "alerts that are right", "Right among the first alerts of a day")


def _reached(plt: Any, report: Report) -> Any:
    return _ranked(plt, report, "recall_at", "guilty accounts reached", "Guilty accounts among the first of a day")


def _ranked(plt: Any, report: Report, what: str, label: str, title: str) -> Any:
    """A room for each prevalence; in it the detectors side by side at each number of alerts."""
    ranked = {name[1:]: one for name, one in report.answers.items() if name[0] == "ranked"}
    shares = list(dict.fromkeys(name[0] for name in ranked))
    detectors = list(dict.fromkeys(name[1] for name in ranked))
    figure, rooms = plt.subplots(1, len(shares), figsize=(max(4.2 * len(shares), 6.5), 4.4), sharey=True, squeeze=False,
                                 layout="constrained")  # fmt: skip
    for axes, share in zip(rooms[0], shares, strict=True):
        for number, detector in enumerate(detectors):
            found = [ranked[share, detector, f"{what}_{budget}"] for budget in BUDGETS]
            places = [at + (number - (len(detectors) - 1) / 2) * _STEP for at in range(len(BUDGETS))]
            colour, marker = _COLOURS[number % len(_COLOURS)], _MARKERS[number % len(_MARKERS)]
            axes.errorbar(places, [one.value for one in found], yerr=_reach(found), label=detector, fmt=marker,
                          color=colour, **_BARS)  # fmt: skip
        axes.set(xlabel="alerts a day", title=f"{float(share) * 100:.3g} % of accounts guilty", ylim=(-0.03, 1.03))
        axes.set_xticks(range(len(BUDGETS)), [f"{budget}" for budget in BUDGETS])
        axes.grid(axis="y", alpha=_FAINT)
    rooms[0][0].set_ylabel(f"{label}, with 95 % intervals")
    rooms[0][0].yaxis.set_major_formatter(_in_percent())
    figure.legend(*rooms[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title)
    return figure


def _in_percent() -> Any:
    return import_module("matplotlib.ticker").PercentFormatter(xmax=1, symbol=" %")


# Okabe and Ito's colours, which differ for the colour-blind too; shapes differ besides, for print in grey.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_BARS: dict[str, Any] = {"capsize": 3, "markersize": 5, "elinewidth": 1.2}
_FAINT, _STEP = 0.3, 0.13


def _reach(found: list[Answer]) -> list[list[float]]:
    """How far each interval reaches below and above its figure."""
    sides = [one.interval or (one.value, one.value) for one in found]
    low = [max(one.value - side[0], 0.0) for one, side in zip(found, sides, strict=True)]
    high = [max(side[1] - one.value, 0.0) for one, side in zip(found, sides, strict=True)]
    return [[0.0 if math.isnan(value) else value for value in side] for side in (low, high)]


_PLOTS = {"recall": _recall, "precision": _precision, "reached": _reached}
