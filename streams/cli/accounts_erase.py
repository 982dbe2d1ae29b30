"""`tipstaff accounts erase`: the audit forgets which account its records are about."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from streams.cli.accounts_act import preview_of, whole
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import As, LedgerUrl, Sinks, View, Why, Yes, desk, viewed
from streams.cli.previewing import Preview, ask, for_ever
from streams.cli.screen import PackDir

_VERB = "account.erase"

_DESTROYS = "the key that ties the account to its pseudonym in the audit, whose chain stays whole"

_KEEPS = ("the account's id in rows of alerts, decisions, actions, cases, reports, appeals, facts, messages and "
          "commands (this one too) until somebody deletes them in the database; what is in force stays, and what "
          "happens to the account from now on is recorded under a new pseudonym")  # fmt: skip


def erase(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT")],
    yes: Yes = False, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Destroy what ties an account to its records in the audit. Nobody can undo it, and it takes two people.

    Rows of alerts, actions, cases and the like keep the account's id. Refused where a legal hold is on the account.
    """
    at = desk(ledger, data_dir, as_file, pack, sinks)
    with viewed(at) as view:
        preview = _preview(view, account)
    ask(at, _VERB, {"account_id": account}, why, preview, yes=yes, json=json)


def _preview(view: View, account: str) -> Preview:
    """Whom it is about, what goes and what stays."""
    reached = preview_of(view, "erase", [whole(account)])
    told = {"destroys": _DESTROYS, "keeps": _KEEPS}
    return for_ever(_VERB, replace(reached, data=[{**one, **told} for one in reached.data],
                                   also=[f"destroyed: {_DESTROYS}", f"kept: {_KEEPS}"]))  # fmt: skip
