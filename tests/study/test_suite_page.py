"""The suite's page takes its figures from a run."""

from __future__ import annotations

import pytest
from study.suite_page import BEGIN, END, PAGE, laid_in, said

from streams.suite.tables import minutes, share


def test_figures_stand_between_the_marks() -> None:
    """Those of an earlier run go, all around them stays; the page has such a place, and one without is refused."""
    page = laid_in(f"a\n{BEGIN}\nold\n{END}\nb\n", iter(["new"]))
    assert page == f"a\n{BEGIN}\n\nnew\n\n{END}\nb\n"
    assert laid_in(page, iter(["new"])) == page
    assert laid_in(PAGE.read_text(encoding="utf-8"), iter(["new"])).count("new\n") >= 1
    with pytest.raises(ValueError, match="no place"):
        laid_in("a", iter([]))


def test_what_was_never_reached_is_said_so() -> None:
    """An infinite bound is null in JSON; what nothing could be measured by is a dash."""
    assert said({"value": None, "never": True, "interval_95": [90.0, None]}, minutes) == "never (90.0 min to never)"
    assert said({"value": 0.5, "interval_95": [0.25, 0.75]}, share) == "50 % (25 % to 75 %)"
    assert said({"value": None}, share) == "–"
