"""Firms that have other people's posts judged: their prompts are full of abuse, their answers are not."""

from __future__ import annotations

import numpy as np

from streams.simulator.callers import Callers, habits, rhythm
from streams.simulator.clients import NODE, PYTHON
from streams.simulator.draw import Generator, chosen, noise, sizes
from streams.simulator.gateway import Style
from streams.simulator.tenants import Setting, aged, settle
from streams.simulator.verdicts import Verdicts

_SHORT = Style(prompt=260.0, answer=12.0, limits=(32, 64), logprobs=0.1)


def moderators(setting: Setting, rng: Generator, count: int) -> Callers:
    """Prompts flagged 20–40 %, answers hardly ever."""
    tenants = settle(rng, "moderation company", aged(rng, setting, count, 500), ("team", "enterprise"), (PYTHON, NODE),
                     keyed=True)  # fmt: skip
    model, apps = habits(rng, count)
    topic = chosen(noise(tenants.salt + 5, np.arange(count)), (20, 8, 8, 1, 2, 0, 2, 0, 2, 30, 8, 18, 1, 0))
    judged = Verdicts(0.4, rng.uniform(0.2, 0.4, count), rng.uniform(0.001, 0.006, count), topic, own=0.5)
    peak = sizes(rng, 90.0, 0.4, count, 300).astype(np.float64)
    return Callers(tenants, rhythm(setting, rng, tenants, peak), model, apps, _SHORT, judged,
                   more=lambda _rng, _who, _time: {"conversation_turns": 1})  # fmt: skip
