"""What each command must say: a shape of arguments for every verb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from streams.enforcement.people.account_args import (
    AccountAct,
    AccountElsewhere,
    AccountErase,
    AccountProtect,
    Accounts,
    ActionApprove,
    ActionReject,
    ActionUndo,
    DoneRecheck,
)
from streams.enforcement.people.args import Args
from streams.enforcement.people.matter_args import (
    AppealAdd,
    AppealAnswer,
    AppealAssign,
    CaseAssign,
    CaseClose,
    CaseInform,
    CaseNote,
    CaseOpen,
    ReportAdd,
    ReportAnswer,
    ReportLink,
)
from streams.enforcement.people.running_args import (
    BudgetClose,
    FactsImport,
    FactsUnlist,
    HoldRelease,
    PeopleAdd,
    PeopleRevoke,
    RuleDemote,
    RulePromote,
    Switching,
)

SHAPES: dict[str, type[Args]] = {
    "account.act": AccountAct, "account.reinstate": Accounts, "account.protect": AccountProtect,
    "account.unprotect": Accounts, "account.elsewhere": AccountElsewhere,
    "account.erase": AccountErase, "action.approve": ActionApprove,
    "action.reject": ActionReject, "action.undo": ActionUndo, "case.open": CaseOpen, "case.assign": CaseAssign,
    "case.note": CaseNote, "case.close": CaseClose,
    "case.inform": CaseInform, "appeal.add": AppealAdd, "appeal.assign": AppealAssign,
    "appeal.answer": AppealAnswer, "report.add": ReportAdd, "report.answer": ReportAnswer,
    "report.link": ReportLink,
    "enforcement.stop": Switching, "enforcement.resume": Switching, "rule.promote": RulePromote,
    "rule.demote": RuleDemote, "people.add": PeopleAdd, "people.revoke": PeopleRevoke, "budget.close": BudgetClose,
    "facts.import": FactsImport, "facts.unlist": FactsUnlist, "hold.release": HoldRelease, "done.recheck": DoneRecheck,
}  # fmt: skip
"""The arguments of each verb."""

SAYS_ENOUGH = frozenset({"case.note", "report.add", "appeal.add"})
"""Verbs whose own text is the reason; every other command says why."""


def read_args(verb: str, args: Mapping[str, Any]) -> Args:
    """A known verb's arguments, checked. Raises msgspec.ValidationError, which says what is wrong and where."""
    return msgspec.convert(dict(args), SHAPES[verb])
