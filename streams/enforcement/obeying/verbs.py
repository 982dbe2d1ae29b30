"""Every verb: how heavy it is, and how it is done."""

from __future__ import annotations

from collections.abc import Callable

from streams.enforcement.obeying import accounts, actions, appeals, cases, informing, reports, running
from streams.enforcement.obeying.errand import Answer, Errand, Weight

WEIGHED: dict[str, Callable[[Errand], Weight]] = {
    "account.act": accounts.act_weight, "account.reinstate": accounts.many_weight,
    "account.protect": accounts.many_weight, "account.unprotect": accounts.many_weight,
    "account.elsewhere": accounts.many_weight,
    "account.erase": accounts.erase_weight, "action.approve": actions.ids_weight, "action.reject": actions.ids_weight,
    "action.undo": actions.undo_weight, "done.recheck": actions.recheck_weight, "case.open": cases.open_weight,
    "case.assign": cases.weight, "case.note": cases.weight, "case.close": cases.close_weight,
    "case.inform": informing.weight,
    "appeal.add": appeals.add_weight, "appeal.assign": appeals.weight, "appeal.answer": appeals.weight,
    "report.add": reports.add_weight, "report.answer": reports.weight, "report.link": reports.weight,
    "enforcement.stop": running.weight,
    "enforcement.resume": running.weight, "rule.promote": running.promote_weight, "rule.demote": running.weight,
    "people.add": running.weight, "people.revoke": running.weight, "budget.close": running.weight,
    "facts.import": running.weight, "facts.unlist": running.weight, "hold.release": running.hold_weight,
}  # fmt: skip
"""What permission depends on; raises Turned where what is named is not there."""

DONE: dict[str, Callable[[Errand], Answer]] = {
    "account.act": accounts.act, "account.reinstate": accounts.reinstate, "account.protect": accounts.protect,
    "account.unprotect": accounts.unprotect, "account.elsewhere": accounts.elsewhere,
    "account.erase": accounts.erase, "action.approve": actions.approve,
    "action.reject": actions.reject, "action.undo": actions.undo, "done.recheck": actions.recheck,
    "case.open": cases.open_one, "case.assign": cases.assign, "case.note": cases.note, "case.close": cases.close,
    "case.inform": informing.inform,
    "appeal.add": appeals.add, "appeal.assign": appeals.assign, "appeal.answer": appeals.answer,
    "report.add": reports.add, "report.answer": reports.answer, "report.link": reports.link,
    "enforcement.stop": running.stop,
    "enforcement.resume": running.resume, "rule.promote": running.promote, "rule.demote": running.demote,
    "people.add": running.add_person, "people.revoke": running.revoke_person, "budget.close": running.close_budget,
    "facts.import": running.note_facts, "facts.unlist": running.unlist, "hold.release": running.release_hold,
}  # fmt: skip
"""Does it; raises Turned."""
