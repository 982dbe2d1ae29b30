"""The sign-up of every account that joins during the run, honest or not, and the credit that trials begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.console import devices
from streams.simulator.draw import SECOND, Generator, Ints, hashed
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Batch, Tenants
from streams.simulator.texts import marks, pick

_DOMAINS = ("mail.example", "post.example", "inbox.example", "firm.example")
_KEPT = ("account_id", "plan", "account_created_at", "source_ip", "asn", "country", "region", "ja4", "user_agent",
         "device_fingerprint", "payment_fingerprint", "email_domain")  # fmt: skip
CREDIT_USD = 25.0
"""What a trial begins with."""


@dataclass(frozen=True)
class Signups:
    """Sign-ups of all who join during the run."""

    tenants: Tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Sign-ups, and a second later the credit of trials."""
        created = self.tenants.created
        who = np.flatnonzero((created >= span[0]) & (created < span[1]))
        trial = who[(self.tenants.accounts["plan"][who] == "trial").to_numpy()]
        return [
            Batch("signup", who, created[who], {"product": "console", "operation": "create"}),
            Batch("billing", trial, np.minimum(created[trial] + SECOND, span[1] - 1), {
                "product": "console", "operation": "credit_grant", "outcome": "success",
                "amount_usd": CREDIT_USD, "credit_balance_usd": CREDIT_USD,
            }),
        ]  # fmt: skip


def signups(everyone: Sequence[Tenants], span: Span) -> Signups:
    """The sign-ups of these tenants; a key comes later."""
    joining = [
        (tenants, np.flatnonzero((tenants.created >= span[0]) & (tenants.created < span[1]))) for tenants in everyone
    ]
    rows = pl.concat([_joined(tenants, who) for tenants, who in joining], how="diagonal")
    created = rows["account_created_at"].to_numpy()
    return Signups(Tenants("sign-ups", rows, created, 0))


def _joined(tenants: Tenants, who: Ints) -> pl.DataFrame:
    kept = tenants.accounts.select([name for name in tenants.accounts.columns if name in _KEPT])[who]
    drawn = {
        **devices(tenants, who, tenants.created[who]),
        "payment_fingerprint": marks(hashed(tenants.salt + 16, who)),
        "email_domain": pick(_DOMAINS, (hashed(tenants.salt + 17, who) % np.uint64(4)).astype(np.int64)),
    }  # fmt: skip
    missing = {name: column for name, column in drawn.items() if name not in kept.columns}
    return kept.with_columns(column.alias(name) for name, column in missing.items())
