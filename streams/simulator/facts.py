"""What the operator knows of each account as the run begins; of accounts that join later, as they join."""

from __future__ import annotations

import numpy as np
import polars as pl

from streams.simulator.draw import DAY, Floats, Ints, noise
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Tenants
from streams.simulator.texts import joined, stamped

_UNKNOWN, _NO_CONTACT, _ALLOWED = 0.02, 0.07, 0.004
_PLANS = ("trial", "pro", "team", "enterprise")
_SPEND, _CONTRACTS, _DEPENDANTS = (
    np.array(a) for a in ((4.0, 90.0, 900.0, 14_000.0), (0, 0.02, 0.5, 0.97), (0.3, 2, 12, 90))
)


def facts(tenants: Tenants, span: Span) -> pl.DataFrame:
    """Facts of 98 % of these accounts: account_id, and what is known, null where it is not.

    created_at, allow_listed_until: RFC 3339; spend_usd_90d: USD; tenure_days: days.
    """
    who = np.flatnonzero(noise(tenants.salt + 50, np.arange(len(tenants))) >= _UNKNOWN)
    account, plan = tenants.accounts["account_id"][who], tenants.accounts["plan"][who]
    rank = plan.replace_strict(list(_PLANS), range(len(_PLANS)), return_dtype=pl.Int64).to_numpy()
    tenure = np.maximum(span[0] - tenants.created[who], 0) // DAY
    nobody = pl.Series([None], dtype=pl.String)
    contact = joined("owner@", account, ".example")
    return pl.DataFrame({
        "account_id": account, "plan": plan, "created_at": stamped(tenants.created[who]),
        "owner_contact": contact.zip_with(pl.Series(_draw(tenants, 51, who) >= _NO_CONTACT), nobody),
        "tenure_days": tenure, "spend_usd_90d": _spend(tenants, who, rank, tenure),
        "contract": _draw(tenants, 52, who) < _CONTRACTS[rank],
        "dependants": np.floor(_DEPENDANTS[rank] * -np.log(1 - _draw(tenants, 53, who))).astype(np.int64),
        "allow_listed_until": _allowed(tenants, who, span[0]).zip_with(
            pl.Series((_draw(tenants, 54, who) < _ALLOWED) & (rank > 1)), nobody),
    })  # fmt: skip


def as_ndjson(frame: pl.DataFrame) -> bytes:
    """Such facts, an object a line; what is not known is left out."""
    lines = frame.select(pl.struct(pl.all()).struct.json_encode()).to_series().str.replace_all(r',"\w+":null', "")
    return ("\n".join(lines) + "\n").encode() if len(lines) else b""


def _draw(tenants: Tenants, salt: int, who: Ints) -> Floats:
    return noise(tenants.salt + salt, who)


def _spend(tenants: Tenants, who: Ints, rank: Ints, tenure: Ints) -> Floats:
    spread = (_draw(tenants, 55, who) + _draw(tenants, 56, who) + _draw(tenants, 57, who) - 1.5) * 2  # about normal
    spend: Floats = np.round(_SPEND[rank] * np.exp(spread) * np.minimum(tenure / 90, 1), 2)
    return spend


def _allowed(tenants: Tenants, who: Ints, now: int) -> pl.Series:
    return stamped(now + ((1 + 89 * _draw(tenants, 58, who)) * DAY).astype(np.int64))
