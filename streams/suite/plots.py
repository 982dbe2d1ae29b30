"""Plots of a report, as PNG and SVG; matplotlib is an extra: pip install 'tipstaff[plots]'."""

from __future__ import annotations

import math
from collections.abc import Callable
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
    names = sorted(kinds, key=lambda one: (one == ALL, kinds[one]["recall"].value))
    figure, axes = plt.subplots(figsize=(8, 1 + 0.35 * len(names)))
    _bars(axes.barh, names, [kinds[name]["recall"] for name in names], "xerr")
    axes.set(xlabel="recall of accounts, 95 %", xlim=(0, 1.02), title="Caught, by kind of campaign")
    return figure


def _precision(plt: Any, report: Report) -> Any:
    return _ranked(plt, report, "precision_at", "precision, 95 %", "Right among the first alerts of a day")


def _reached(plt: Any, report: Report) -> Any:
    return _ranked(plt, report, "recall_at", "recall of accounts, 95 %", "Guilty accounts among the first of a day")


def _ranked(plt: Any, report: Report, what: str, label: str, title: str) -> Any:
    ranked = {name[1:]: one for name, one in report.answers.items() if name[0] == "ranked"}
    shares = list(dict.fromkeys(name[0] for name in ranked))
    detectors = list(dict.fromkeys(name[1] for name in ranked))
    figure, rooms = plt.subplots(1, len(shares), figsize=(4.5 * len(shares), 4), sharey=True, squeeze=False)
    for axes, share in zip(rooms[0], shares, strict=True):
        for detector in detectors:
            found = [ranked[share, detector, f"{what}_{budget}"] for budget in BUDGETS]
            axes.errorbar(BUDGETS, [one.value for one in found], yerr=_reach(found), marker="o", capsize=3,
                          label=detector)  # fmt: skip
        axes.set(xlabel="alerts a day", title=f"{float(share):.3g} guilty", ylim=(-0.02, 1.05))
    rooms[0][0].set_ylabel(label)
    rooms[0][-1].legend(fontsize="small")
    figure.suptitle(title)
    return figure


def _bars(draw: Callable[..., Any], names: list[str], found: list[Answer], error: str) -> None:
    draw(names, [one.value for one in found], capsize=3, **{error: _reach(found)})


def _reach(found: list[Answer]) -> list[list[float]]:
    """How far each interval reaches below and above its figure."""
    sides = [one.interval or (one.value, one.value) for one in found]
    low = [max(one.value - side[0], 0.0) for one, side in zip(found, sides, strict=True)]
    high = [max(side[1] - one.value, 0.0) for one, side in zip(found, sides, strict=True)]
    return [[0.0 if math.isnan(value) else value for value in side] for side in (low, high)]


_PLOTS = {"recall": _recall, "precision": _precision, "reached": _reached}
