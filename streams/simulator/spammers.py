"""Senders of unwanted mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import HOUR, Floats, Generator, Ints, fingerprints, pick, spread, whole
from streams.simulator.mail import messages
from streams.simulator.tenants import Batch, Span, Tenants, settle


@dataclass(frozen=True)
class Spammers:
    """One or two texts to thousands an hour who never asked for them.

    `pace`: messages an hour, each to 1–12 recipients; `bounced`, `complained`: shares of messages.
    """

    tenants: Tenants
    pace: Floats
    bounced: Floats
    complained: Floats
    templates: Sequence[str]

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Messages, seven of ten with the first text."""
        counts = rng.poisson(self.pace * (span[1] - span[0]) / HOUR)
        who, time = spread(rng, counts, np.full(len(counts), 0.5), span)
        text = pick(self.templates, who * 2 + (rng.random(len(who)) < 0.3))
        domain = [f"prize-{i}.example" for i in who.tolist()]
        shares, recipients = (self.bounced[who], self.complained[who]), whole(rng, 1, 13, len(who))
        return [messages(rng, who, time, text, domain, shares, recipients)]


def spammers(rng: Generator, created: Ints) -> Spammers:
    """Trial accounts: bounces 8–20 %, complaints 0.3–1 %."""
    tenants = settle(rng, "spammer", created, ("trial",), ("python-requests/2.32.3",))
    count = len(created)
    pace, bounced = rng.uniform(350, 650, count), rng.uniform(0.08, 0.2, count)
    return Spammers(tenants, pace, bounced, rng.uniform(0.003, 0.01, count), fingerprints(rng, 2 * count))
