"""What the audit holds records of."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a record tells; a closed set. refused: a command or a change that was turned away, and why."""

    DECISION = "decision"
    ACTION = "action"
    DELIVERY = "delivery"
    APPROVAL = "approval"
    COMMAND = "command"
    SWITCH = "switch"
    STAGE = "stage"
    PEOPLE = "people"
    FACTS = "facts"
    CASE = "case"
    REPORT = "report"
    APPEAL = "appeal"
    MUTE = "mute"
    HOLD = "hold"
    BUDGET = "budget"
    PACK = "pack"
    UNDO = "undo"
    ERASURE = "erasure"
    CHECKPOINT_KEY = "checkpoint_key"
    REFUSED = "refused"
