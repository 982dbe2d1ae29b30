"""The rungs of the ladder: their order, what each is for, and how far it reaches."""

from __future__ import annotations

ACCOUNT, KEY, WORKLOAD, END_USER = "account", "key", "workload", "end_user"
"""Kinds of entity, as alerts name them."""

NOTICE, THROTTLE, QUARANTINE_KEY, STOP_WORKLOAD = "notice", "throttle", "quarantine_key", "stop_workload"
SUSPEND, TERMINATE, CONTAIN = "suspend", "terminate", "contain"

HEIGHT = {NOTICE: 1, THROTTLE: 2, QUARANTINE_KEY: 3, STOP_WORKLOAD: 3, SUSPEND: 4, TERMINATE: 5}
"""How severe each rung of the ladder is. `contain` (refuse generation) stands beside it."""

TARGETS = {
    NOTICE: (ACCOUNT, KEY, WORKLOAD, END_USER),  # always told to the account's owner
    THROTTLE: (ACCOUNT, KEY),
    QUARANTINE_KEY: (KEY,),
    STOP_WORKLOAD: (WORKLOAD,),
    SUSPEND: (ACCOUNT,),
    TERMINATE: (ACCOUNT,),
    CONTAIN: (ACCOUNT,),
}
"""The kinds of entity that each can be taken against."""

BY_PEOPLE = (TERMINATE,)
"""What only people do."""

RESTRICTIONS = (THROTTLE, QUARANTINE_KEY, STOP_WORKLOAD, SUSPEND, TERMINATE, CONTAIN)
"""What takes something away; each comes with a statement of reasons."""


def account_wide(rung: str, kind: str) -> bool:
    """Whether it takes something from the whole account."""
    return kind == ACCOUNT and rung in RESTRICTIONS
