"""What people hear of models, as declared: so many a day."""

from __future__ import annotations

from typing import Any

from features.catalog import Problem
from features.declared import unknown_keys
from streams.enforcement.policy.amounts import Path, mapping_problems, whole_problems

_KEYS = ("per_day",)
_PATH: Path = ("models",)


def model_problems(declared: Any) -> list[Problem]:
    """What is wrong under `models:`."""
    wrong = mapping_problems(declared, _PATH, f"its keys are {', '.join(_KEYS)}")
    wrong = wrong or unknown_keys(declared, _KEYS, *_PATH)
    return wrong or whole_problems(declared["per_day"], (*_PATH, "per_day"))
