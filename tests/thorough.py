"""How often random tests try: a third as often in the fast suite as in `make thorough`."""

from __future__ import annotations

import os

THOROUGH = os.environ.get("TIPSTAFF_THOROUGH") == "1"


def examples(whole: int) -> int:
    """How many examples to try, of so many in a thorough run."""
    return whole if THOROUGH else -(-whole // 3)
