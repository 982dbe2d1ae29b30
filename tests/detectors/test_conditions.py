"""Conditions: what missing data, history and infinity mean, and the numbers at which a rule would not have fired."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_pack import small_pack

from detectors.condition import Condition, clearing, on_events, on_values
from features.catalog import event_dtypes
from features.declared import build
from features.sql import SqlProblem

VALUES = small_pack().catalog.values["account"]
KEY_VALUES = small_pack().catalog.values["key"]

OPERATORS = st.sampled_from([">", ">=", "<", "<=", "=", "<>"])
WHOLE = st.integers(-(10**6), 10**6)
REAL = st.floats(-1e9, 1e9, allow_subnormal=False)


def holds(condition: Condition, **values: Any) -> bool:
    """Whether a condition is true of an entity's values."""
    schema = {name: VALUES[name].dtype for name in condition.names}
    return pl.DataFrame([values], schema=schema).select(condition.sql.expr).item() is True


def constant(number: float) -> str:
    return repr(number) if math.isfinite(number) else "0"


@settings(max_examples=150, deadline=None)
@given(OPERATORS, WHOLE, WHOLE, st.integers(1, 10**6))
def test_a_whole_number_is_cleared_where_it_is_said(operator: str, value: int, limit: int, past: int) -> None:
    """At clear_value, or just past it, the rule does not fire; nor does a rule of clear_threshold on the value."""
    value = limit if operator == "=" else value
    condition = on_values(f"requests_1h {operator} {limit}", VALUES)
    assume(holds(condition, requests_1h=value))
    clear_value, inclusive, clear_threshold = clearing(condition, value)
    step = 0 if inclusive else {">=": -1, "<=": 1}.get(operator, past)
    assert not holds(condition, requests_1h=clear_value + step)
    assert not holds(on_values(f"requests_1h {operator} {clear_threshold}", VALUES), requests_1h=value)


@settings(max_examples=150, deadline=None)
@given(OPERATORS, REAL, REAL)
def test_a_real_number_is_cleared_where_it_is_said(operator: str, value: float, limit: float) -> None:
    """As for whole numbers; just past a value is the next number that can be written."""
    value = limit if operator == "=" else value
    condition = on_values(f"mean_tokens_1h {operator} {constant(limit)}", VALUES)
    assume(holds(condition, mean_tokens_1h=value))
    clear_value, inclusive, clear_threshold = clearing(condition, value)
    past = clear_value if inclusive else math.nextafter(clear_value, -math.inf if operator == ">=" else math.inf)
    assert not holds(condition, mean_tokens_1h=past)
    assert not holds(on_values(f"mean_tokens_1h {operator} {constant(clear_threshold)}", VALUES), mean_tokens_1h=value)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([">", ">="]), WHOLE, st.integers(0, 10**6))
def test_clearing_is_tight(operator: str, limit: int, above: int) -> None:
    """A whole step back from clear_value or clear_threshold the rule would fire."""
    condition, value = on_values(f"requests_1h {operator} {limit}", VALUES), limit + above + (operator == ">")
    clear_value, inclusive, clear_threshold = clearing(condition, value)
    assert holds(condition, requests_1h=clear_value + inclusive)
    assert holds(on_values(f"requests_1h {operator} {clear_threshold - 1}", VALUES), requests_1h=value)


@pytest.mark.parametrize(
    ("text", "flipped"), [("5 < requests_1h", ">"), ("5 >= requests_1h", "<="), ("-5 = requests_1h", "=")]
)
def test_a_constant_may_stand_first(text: str, flipped: str) -> None:
    """The measured side is the one with a name in it, and the operator is turned round."""
    condition = on_values(text, VALUES)
    assert condition.left is not None
    assert (condition.left.text, condition.operator, abs(condition.constant)) == ("requests_1h", flipped, 5)


@pytest.mark.parametrize("operator", [">", ">=", "<", "<=", "=", "<>"])
def test_null_is_not_true(operator: str) -> None:
    """A value that is not there fires nothing, whatever it is compared with."""
    assert not holds(on_values(f"mean_tokens_1h {operator} 0", VALUES), mean_tokens_1h=None)


@pytest.mark.parametrize("text", ["mean_tokens_1h * 1e308 > 5", "0 - mean_tokens_1h * 1e308 < 5",
                                  "mean_tokens_1h / 1e-308 > 5",
                                  "mean_tokens_1h * 1e308 - mean_tokens_1h * 1e308 <> 5"])  # fmt: skip
def test_infinity_cannot_fire(text: str) -> None:
    """What overflows, or is no number at all, is as if it were not there."""
    assert not holds(on_values(text, VALUES), mean_tokens_1h=1e9)
    columns = event_dtypes()
    events = pl.DataFrame({"duration_ms": [1e9]}, schema={"duration_ms": columns["duration_ms"]})
    assert events.select(on_events(text.replace("mean_tokens_1h", "duration_ms"), columns).sql.expr).item() is not True


def test_an_endless_constant_is_refused() -> None:
    """A rule cannot be compared with what no evidence could state."""
    with pytest.raises(SqlProblem, match="beyond what a number can be"):
        on_values("mean_tokens_1h < 1e999", VALUES)


@pytest.mark.parametrize(
    "text", ["requests_1h > 5", "requests_1h >= 5", "5 < requests_1h", "requests_1h + requests_1m > 5"]
)
def test_what_more_history_could_only_raise_needs_none(text: str) -> None:
    """A count above a bound stays above it, however much more history there were."""
    assert on_values(text, VALUES).history == ()


@pytest.mark.parametrize("text", ["requests_1h < 5", "requests_1h = 5", "requests_1h <> 5",
                                  "requests_1h - requests_1m > 5",
                                  "mean_tokens_1h > 5", "requests_1h * 2 > 5", "failed_share_1m > 0.5"])  # fmt: skip
def test_what_more_history_could_undo_needs_it(text: str) -> None:
    """Means, shares, differences and upper bounds wait until their windows are covered."""
    condition = on_values(text, KEY_VALUES if "share" in text else VALUES)
    assert condition.history == condition.names


def test_a_sum_that_may_fall_needs_history() -> None:
    """Amounts may be negative: a sum of them above a bound could still sink below it."""
    paid = {"name": "paid", "entity": "account", "event": "billing", "aggregate": "sum", "column": "amount_usd",
            "windows": ["1h"], "signal": "identity"}  # fmt: skip
    assert on_values("paid_1h > 5", build([paid]).values["account"]).history == ("paid_1h",)


@pytest.mark.parametrize("text", ["mean_tokens_1h / 100 > 0.57", "mean_tokens_1h / 0.06 > 3", "requests_1h / 7 >= 3",
                                  "COALESCE(mean_tokens_1h, requests_1h / 0.06) / 3 > 2"])  # fmt: skip
def test_a_row_alone_is_as_among_many(text: str) -> None:
    """What a condition measures never hangs on how many rows it is evaluated over, or alerts would hang on the cut."""
    condition = on_values(text, VALUES)
    assert condition.left is not None
    draw = np.random.default_rng(5)
    frame = pl.DataFrame({"mean_tokens_1h": draw.uniform(0, 1000, 3000), "requests_1h": draw.integers(0, 999, 3000)})
    many = frame.select(condition.left.expr).to_series().to_list()
    assert many == [frame[i].select(condition.left.expr).item() for i in range(3000)]
