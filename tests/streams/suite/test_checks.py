"""Checks of the suite itself: they hold where nothing is wrong, and they can be off."""

from __future__ import annotations

import numpy as np
import pytest

from streams.history.intervals import Floats
from streams.suite.checks import Check, alike, near_chance
from streams.suite.metrics import AveragePrecision, point
from streams.suite.report import Report

SHAM = np.arange(400) % 5 == 0


def test_shams_like_the_others() -> None:
    """One in ten of either side is alerted."""
    check = alike("shams", (np.arange(400) // 5 % 10 == 0).astype(np.float64), SHAM, 1)
    assert check.passed
    assert check.value == pytest.approx(0.0)


def test_an_overlay_that_shows_is_off() -> None:
    """Of shams every tenth more is alerted than of the others, who never are."""
    values = (SHAM & (np.arange(400) % 50 == 0)).astype(np.float64)
    check = alike("shams", values, SHAM, 1)
    assert check.passed is False
    assert check.value == pytest.approx(0.1)


def test_one_check_that_is_off_makes_the_report_unsound() -> None:
    """What was not checked does not; then the command's exit code is 1."""
    fine, unknown = Check("a", 0.0, (-1.0, 1.0), ""), Check("b", None, None, "")
    assert Report({}, {}, [fine, unknown]).sound
    assert not Report({}, {}, [fine, Check("c", 2.0, (-1.0, 1.0), "")]).sound


def test_without_shams_nothing_is_checked() -> None:
    """Neither passed nor failed."""
    assert alike("shams", np.ones(3), np.zeros(3, np.bool_), 1).passed is None
    assert near_chance("labels", lambda _: 0.5, np.zeros(3), 1).passed is None


def precision_of(guilty: Floats, scores: Floats) -> float:
    return point(AveragePrecision(scores, guilty, np.ones(len(scores))), len(scores))


def test_shuffled_labels_come_near_the_prevalence() -> None:
    """Whatever a ranking is worth with the right labels, with labels dealt out anew it is worth nothing."""
    guilty = (np.arange(300) < 30).astype(np.float64)
    scores = np.where(guilty > 0, 3.0, -1.0)
    assert precision_of(guilty, scores) == 1.0
    assert near_chance("labels", lambda dealt: precision_of(dealt, scores), guilty, 1).passed


def test_a_figure_that_knows_the_labels_is_off() -> None:
    """Ties broken in favour of the guilty, the usual mistake, do not pass."""
    guilty = (np.arange(300) < 30).astype(np.float64)
    assert near_chance("labels", lambda dealt: precision_of(dealt, dealt), guilty, 1).passed is False
