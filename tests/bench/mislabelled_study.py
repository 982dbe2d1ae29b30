"""What mislabelled accounts cost a model, by population and abuse: python tests/bench/mislabelled_study.py [SEEDS]."""

from __future__ import annotations

import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

from mislabelled import ABUSE, POPULATIONS, tried, world  # noqa: E402  # only found once the path is set


def main(seeds: int) -> None:
    """The table, in Markdown: all in %; clean → with one account in twenty mislabelled."""
    print("| population | abuse | recall before | recall now | honest days that fire before | now | left out |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for population in POPULATIONS:
        for abuse in ABUSE:
            print(line(population, abuse, seeds), flush=True)


def line(population: str, abuse: str, seeds: int) -> str:
    """One line of it: the mean of some seeds."""
    found = []
    for seed in range(seeds):
        one = world(population, abuse, seed)
        found.append([astuple(tried(one, rows, cleaned)) for cleaned in (False, True)
                      for rows in (one.clean, one.soiled)])  # fmt: skip
    (a, b, c, d) = 100 * np.mean(found, axis=0)
    return (f"| {population} | {abuse} | {a[0]:.0f} → {b[0]:.0f} | {c[0]:.0f} → {d[0]:.0f} | {a[1]:.2f} → {b[1]:.2f} | "
            f"{c[1]:.2f} → {d[1]:.2f} | {c[2]:.1f} → {d[2]:.1f} |")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
