"""All honest tenants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from streams.simulator.api import customers, dashboards
from streams.simulator.draw import Generator, fingerprints
from streams.simulator.endpoints import servers
from streams.simulator.inference import chat_users, nightly_jobs
from streams.simulator.mail import newsletters, receipts
from streams.simulator.tenants import Actor, Batch, Setting, Span, Tenants
from streams.simulator.training import trainers
from streams.simulator.web import crawlers, visitors

_KINDS = (
    chat_users, nightly_jobs, trainers, servers, newsletters, receipts,
    crawlers, visitors, customers, dashboards,
)  # fmt: skip


def honest(setting: Setting, draws: Iterator[Generator]) -> list[Actor]:
    """An actor per kind, large accounts apart."""
    return [make(setting, next(draws)) for make in _KINDS]


@dataclass(frozen=True)
class Signups:
    """The sign-up of every account that joins during the run, honest or not."""

    tenants: Tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Sign-ups in this block."""
        created = self.tenants.created
        who = np.flatnonzero((created >= span[0]) & (created < span[1]))
        return [Batch("signup", who, created[who], {
            "product": "console", "operation": "create", "outcome": "success", "email_domain": "mail.example",
            "device_fingerprint": fingerprints(rng, len(who)),
        })]  # fmt: skip


def signups(everyone: Sequence[Tenants]) -> Signups:
    """The sign-ups of these tenants; a key comes later."""
    rows = [{k: v for k, v in row.items() if k != "api_key_id"} for tenants in everyone for row in tenants.rows]
    return Signups(Tenants("sign-ups", rows, np.concatenate([tenants.created for tenants in everyone])))
