"""Our forest on public tables of anomalies does as well as scikit-learn's was published to do."""

from __future__ import annotations

import pytest
from adbench import DATA, PUBLISHED, WITHIN, tried
from thorough import THOROUGH

SMALL = ("6_cardio", "38_thyroid")
"""What the fast suite has time for."""


@pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no {DATA}: the tables are not part of this repository")
@pytest.mark.parametrize("name", PUBLISHED if THOROUGH else SMALL)
def test_the_published_figures_are_reproduced(name: str) -> None:
    """AUC-ROC, mean of five seeds, within two points of the published; average precision far above chance."""
    found = tried(name)
    assert abs(found.auc - PUBLISHED[name]) <= WITHIN
    assert found.precision > 3 * found.anomalies
