"""Legal holds as people look for them, each with whether it is of child safety's matter."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema import alerts, holds
from streams.enforcement.ledger.transaction import Row, Transaction

_RESTRICTED = sa.func.coalesce(alerts.c.restricted, sa.true())
"""What rests on no alert that is known here is taken for child safety's: it shows to fewest."""

_IN_FORCE = holds.c.released_ms.is_(None)


def hold_list(tx: Transaction, *, all: bool, restricted: bool, account: str | None = None) -> list[Row]:
    """Holds in the order that they may be released, with `restricted`. all: also those that were."""
    where = [*([] if all else [_IN_FORCE]), *([] if restricted else [~_RESTRICTED])]
    where += [holds.c.account_id == account] if account is not None else []
    return tx.rows(_holds().where(*where).order_by(holds.c.until_ms, holds.c.hold))


def hold_called(tx: Transaction, number: str) -> Row | None:
    """The hold of a number, as people write it, whether it is in force or not, with `restricted`."""
    return tx.one(_holds().where(sa.cast(holds.c.hold, sa.String) == number))


def holds_on(tx: Transaction, account: str) -> list[Row]:
    """What is in force upon an account, of whatever matter."""
    query = sa.select(holds).where(holds.c.account_id == account, _IN_FORCE)
    return tx.rows(query.order_by(holds.c.hold))


def _holds() -> sa.Select[tuple[object, ...]]:
    joined = holds.outerjoin(alerts, alerts.c.alert_id == holds.c.alert_id)
    return sa.select(holds, _RESTRICTED.label("restricted")).select_from(joined)
