"""What messages are, as CloudEvents: the same words for who writes, who sends and who receives them."""

from __future__ import annotations

REQUESTED, LIFTED = "tipstaff.action.requested", "tipstaff.action.lifted"
HOLD = "tipstaff.hold.requested"
PAGE, PAGE_CLOSED = "tipstaff.page.opened", "tipstaff.page.closed"
NOTICE = "tipstaff.notice"

TYPES = (REQUESTED, LIFTED, HOLD, PAGE, PAGE_CLOSED, NOTICE)
"""Every type of message."""
