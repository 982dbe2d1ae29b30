"""What upstream classifiers say of a share of the requests, wrongly now and then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.draw import Bools, Floats, Generator, Ints, chosen, noise
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Batch, Column
from streams.simulator.texts import pick

ANSWERS, PROMPTS = 0.040, 0.057
"""Shares of harmless answers and prompts that Llama Guard 3 flags, as Meta publishes them."""

LABELS = tuple(f"S{number}" for number in range(1, 15))
_TOPICS = (12, 20, 2, 0.2, 5, 25, 10, 7, 2, 6, 5, 12, 4, 4)
GUARD: dict[str, Column] = {"taxonomy": "llama-guard", "version": "3", "classifier": "llama-guard-3-8b"}
"""Whose words the labels are from."""


@dataclass(frozen=True)
class Verdicts:
    """How accounts fare with a classifier.

    `share`: of requests that are looked at; `prompts`, `answers`: each account's chance that one of its own is
    flagged; `topic`: the number of the label that most of these get; `own`: share of flags with that label.
    """

    share: float
    prompts: Floats
    answers: Floats
    topic: Ints
    own: float = 0.7

    def of(self, rng: Generator, span: Span, asked: Batch) -> Batch:
        """Verdicts on these requests, each on the prompt or on the answer."""
        if not len(asked.who):
            return Batch("moderation", asked.who, asked.time, {})
        seen = np.flatnonzero((asked.columns["status"] == 200) & (rng.random(len(asked.who)) < self.share))
        who, count = asked.who[seen], len(seen)
        prompt = rng.random(count) < 0.5
        flagged = rng.random(count) < np.where(prompt, self.prompts[who], self.answers[who])
        label = np.where(rng.random(count) < self.own, self.topic[who], chosen(rng.random(count), _TOPICS))
        time = np.minimum(asked.time[seen] + rng.integers(40, 400, count), span[1] - 1)
        return verdicts(rng, who, time, prompt, flagged, pick(LABELS, label), GUARD, _same(asked, seen))


def verdicts(rng: Generator, who: Ints, time: Ints, prompt: Bools, flagged: Bools, label: pl.Series,
             classifier: dict[str, Column], more: dict[str, Column]) -> Batch:  # fmt: skip
    """Moderation events; prompt, flagged: which are on prompts, which are flagged (Boolean)."""
    score = np.where(flagged, 1 - rng.beta(1.2, 5.0, len(who)) / 2, rng.beta(1.0, 9.0, len(who)) / 2)
    words = pl.Series(np.asarray(flagged))
    return Batch("moderation", who, time, {
        "product": "chat", "direction": pick(("answer", "prompt"), np.asarray(prompt).astype(np.int64)),
        "outcome": pick(("clean", "flagged"), np.asarray(flagged).astype(np.int64)),
        "label": label.zip_with(words, pl.Series([None], dtype=pl.String)),
        "score": np.round(score, 3), **classifier, **more,
    })  # fmt: skip


def harmless(rng: Generator, salt: int, count: int, share: float) -> Verdicts:
    """Accounts that are wrongly flagged at the published rates, some far more often than others."""
    row = np.arange(count)
    luck = rng.gamma(0.8, 1 / 0.8, count)
    prompts, answers = np.minimum(PROMPTS * luck, 0.4), np.minimum(ANSWERS * luck, 0.4)
    return Verdicts(share, prompts, answers, chosen(noise(salt + 5, row), _TOPICS))


def _same(asked: Batch, row: Ints) -> dict[str, Column]:
    """What a verdict has from its request."""
    same = {name: asked.columns[name] for name in ("request_id", "end_user_id") if name in asked.columns}
    return {name: value[row] if isinstance(value, pl.Series) else value for name, value in same.items()}
