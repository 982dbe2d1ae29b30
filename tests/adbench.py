"""ADBench's tables beside the checkout, and what others published of isolation forests on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from detectors.anomaly.growing import grow

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "adbench"
SEEDS = range(5)
WITHIN = 2.0
"""Points of AUC-ROC."""

PUBLISHED = {
    "6_cardio": 92.21, "38_thyroid": 97.91, "2_annthyroid": 81.63, "28_pendigits": 94.69, "23_mammography": 85.96,
    "31_satimage-2": 99.28, "25_musk": 99.77, "32_shuttle": 99.71,
}  # fmt: skip
"""AUC-ROC (%) of scikit-learn's IsolationForest, unsupervised, mean of 5 seeds (vicliv/DTE)."""


@dataclass(frozen=True)
class Tried:
    """One table: rows, the share that are anomalies, and means over the seeds; auc in %, precision 0 to 1."""

    name: str
    rows: int
    anomalies: float
    auc: float
    precision: float


def tried(name: str, seeds: Iterable[int] = SEEDS) -> Tried:
    """Our forest, grown on all rows of a table without its labels, against them."""
    with np.load(DATA / f"{name}.npz") as table:
        rows, wrong = table["X"].astype(np.float64), table["y"]
    scores = [grow(rows, seed).scores(rows) for seed in seeds]
    auc = float(np.mean([roc_auc_score(wrong, one) for one in scores]))
    precision = float(np.mean([average_precision_score(wrong, one) for one in scores]))
    return Tried(name, len(rows), float(wrong.mean()), 100 * auc, precision)


def page(found: Iterable[Tried]) -> Iterator[str]:
    """A part of docs/measured.md, line by line."""
    yield from ("", "## The isolation forest on ADBench", "",
                "The forest of `detectors/anomaly` on public tables of anomalies, without their labels: mean of "
                f"{len(SEEDS)} seeds, beside what was published of scikit-learn's (vicliv/DTE). It is to come within "
                f"{WITHIN:g} points. AUC-ROC alone flatters where anomalies are rare: see the average precision.", "",
                "| table | rows | anomalies | AUC-ROC | published | difference | average precision |",
                "|---|---:|---:|---:|---:|---:|---:|")  # fmt: skip
    for one in found:
        published = PUBLISHED[one.name]
        yield (f"| {one.name.partition('_')[2]} | {one.rows:,} | {one.anomalies * 100:.2g} % | {one.auc:.2f} % | "
               f"{published:.2f} % | {one.auc - published:+.2f} | {one.precision:.3f} |")  # fmt: skip
