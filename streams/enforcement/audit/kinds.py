"""What the audit holds records of."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a record tells; a closed set. look: which of child safety's matters somebody saw; refused: a command or a
    change that was turned away, and why; lost: records of a topic that were never read; login: who came in to the page,
    left it, or was refused.
    """

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
    LOOK = "look"
    LOGIN = "login"
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
    LOST = "lost"
