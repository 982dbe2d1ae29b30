"""A forest as arrays scores as scikit-learn does."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from detectors.anomaly.forest import ForestRefused
from detectors.anomaly.growing import as_arrays, grown

_NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e9, 1e9, allow_nan=False))


@settings(max_examples=examples(60), deadline=None)
@given(data=st.data(), rows=st.integers(2, 40), width=st.integers(1, 4), seed=st.integers(0, 2**31))
def test_arrays_score_as_scikit_learn_does(data: st.DataObject, rows: int, width: int, seed: int) -> None:
    """To 1e-6, on rows seen and unseen, with ties, constant columns, and values beside the thresholds."""
    seen = np.array(data.draw(st.lists(_NUMBERS, min_size=rows * width, max_size=rows * width))).reshape(rows, width)
    if data.draw(st.booleans()):
        seen[:, 0] = 1.0
    try:
        theirs = grown(seen, seed, trees=8)
        ours = as_arrays(theirs)
    except ForestRefused:
        assert (seen == seen[0]).all() or rows == 1
        return
    near = np.concatenate([seen, np.nextafter(seen, np.inf), np.nextafter(seen, -np.inf), -seen])
    assert np.abs(ours.scores(near) + theirs.score_samples(near)).max() <= 1e-6
