"""Whom training does not believe: accounts so unlike the others that they were mislabelled, told without labels."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from detectors.anomaly.forest import Floats, Forest
from detectors.anomaly.growing import grow
from features.ticks import Ints

Bools = npt.NDArray[np.bool_]

MOST_MISLABELLED = 0.075
"""Of the entities, how many may be left out, with the honest ones beyond the cut: one in twenty is what training shall
bear, and a plan has half as many more by chance. A greater part that is alike is a kind of customer, no mistake.
"""

_WITNESSES = 0.1
"""The most isolated, of whom judging forests see few: more, for guilty ones are not always the first."""

FEWEST = 200
"""Entities: the tail of fewer says nothing."""

_FIRST_SAMPLE, _FIRST_TREES = 64, 200
"""Of the first forest: in a small sample a clump is a few rows, and stays alone (Liu, Ting and Zhou 2008, 4.3)."""

_CORES = 2
"""Forests of the least isolated alone, each judging anew who these are, until no clump hides another."""

_PLAIN = 2.0
"""So many times as many as honest ones alone would be must lie beyond a cut, and as many standard deviations of their
number more; else all are believed.
"""

_LEVELS = (0.5, 0.75, 0.9)


def doubted(rows: Floats, of: Ints, growing: Bools, p: float, seed: int) -> Bools:
    """Which entities are out of line with all others; bool[entities].

    rows: (n, width), as a forest sees them; of: int64[n], the entity of each, 0 to entities - 1; growing: bool[n], the
    rows that forests may grow from; p: the share of honest days that may fire. A clump of mislabelled ones hides
    itself, so the judging forest grows from those who stay when the most isolated tenth only witnesses (the core of
    Billor, Hadi and Velleman 2000, BACON). How far honest ones reach is read off the inner quantiles, which a few
    guilty cannot move (Efron 2004, empirical null): a path is a mean over trees, so that its tail is at most a normal
    one. The cut is where most lie beyond twice what honest ones give: at p, 2p or 3p.
    """
    entities = int(of.max(initial=-1)) + 1
    nobody = np.zeros(entities, np.bool_)
    if entities < FEWEST:
        return nobody
    heights = highest(grow(rows[growing], seed, _FIRST_TREES, _FIRST_SAMPLE), rows, of)
    for _ in range(_CORES):
        heights = highest(grow_without(rows[growing], _top(heights, _WITNESSES)[of[growing]], p, seed), rows, of)
    cuts = [(share, _beyond(heights, share)) for share in (p, 2 * p, 3 * p)]
    share, found = max(cuts, key=lambda one: _surplus(*one))
    return found if _surplus(share, found) > 0 else nobody


def grow_without(rows: Floats, unlike: Bools, p: float, seed: int) -> Forest:
    """A forest of rows of which the unlike (bool[n]) only witness."""
    return grow(rows[witnessing(unlike, p, seed)], seed)


def witnessing(unlike: Bools, p: float, seed: int) -> Ints:
    """Which rows to grow from: all that are like, and of the unlike so few that they are a share p of it.

    Without any, a feature that honest ones hardly use would be the same for all, and a forest blind to it.
    """
    like, others = np.flatnonzero(~unlike), np.flatnonzero(unlike)
    most = max(1, round(p * len(like)))
    if len(others) > most:
        others = np.random.default_rng(seed).choice(others, most, replace=False)
    return np.sort(np.concatenate([like, others]))


def highest(forest: Forest, rows: Floats, of: Ints) -> Floats:
    """How far each entity's most isolated row stands out: minus its mean path, in usual ones; float64[entities]."""
    found = np.full(int(of.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(found, of, np.log2(forest.scores(rows)))
    return found


def _surplus(share: float, out: Bools) -> float:
    """By what share more lie beyond a cut than honest ones can explain."""
    return float(out.mean()) - _PLAIN * float(share + np.sqrt(share / len(out)))


def _top(heights: Floats, share: float) -> Bools:
    return heights > np.quantile(heights, 1 - share)


def _beyond(heights: Floats, share: float) -> Bools:
    """Who is higher than a normal tail reaches with such a share, fitted to the others.

    It begins with nobody believed of as many as can be guilty, and takes in whom the others' tail reaches.
    """
    top = _top(heights, MOST_MISLABELLED + share)
    out = top
    for _ in range(len(heights)):
        stays = top & (heights > _reach(heights[~out], share))
        if (stays == out).all():
            break
        out = stays
    return out


def _reach(heights: Floats, share: float) -> float:
    """Where a normal tail of a share begins: its middle and spread are those of the inner quantiles."""
    low, *higher = np.quantile(heights, _LEVELS).tolist()
    normal = NormalDist()
    spreads = [(high - low) / normal.inv_cdf(level) for high, level in zip(higher, _LEVELS[1:], strict=True)]
    spread = max(spreads)
    return low + spread * normal.inv_cdf(1 - share) if spread > 0 else float("inf")
