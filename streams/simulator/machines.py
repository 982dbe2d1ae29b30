"""Honest programs that ask for inference at machine spacing: nightly jobs and evaluation harnesses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.clients import CURL, NODE, PYTHON
from streams.simulator.draw import HOUR, MINUTE, Generator, Ints, beats, hashed, noise, shaken, whole
from streams.simulator.gateway import Style, requests
from streams.simulator.models import COMMON
from streams.simulator.rhythm import Span, daily
from streams.simulator.tenants import Batch, Column, Setting, Tenants, aged, settle
from streams.simulator.texts import fingerprints, marks, pick

_JOB = Style(prompt=1500.0, limits=(2048,), logprobs=0.0, several=0.0, idle=24 * HOUR / 2)
_HARNESS = Style(prompt=900.0, answer=420.0, limits=(4096, 8192), idle=24 * HOUR / 2)
_SWEEP = np.array([0.0, 0.3, 0.7, 1.0])


@dataclass(frozen=True)
class NightlyJobs:
    """For some hours each night a request every few seconds, from one template.

    `begin`, `length`: after midnight UTC, in ms; `period`: between requests, in ms.
    """

    tenants: Tenants
    begin: Ints
    length: Ints
    period: Ints
    model: Ints
    apps: pl.Series

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Requests, 4 % of the period off at most of the time."""
        return [self._night(span, rng, *night) for night in daily(span, self.begin, self.length)]

    def _night(self, span: Span, rng: Generator, first: Ints, last: Ints, origin: Ints) -> Batch:
        who, _, time = beats(first, last, origin, self.period)
        time = shaken(rng, time, 0.04 * self.period[who], span)
        return requests(rng, self.tenants, who, time, self.model[who], pick(self.apps, who), _JOB, conversation_turns=1)


@dataclass(frozen=True)
class Evaluations:
    """A benchmark or two a day: every question to several models at several temperatures, scored by log probability.

    `period`: between requests, in ms; `questions`: of the benchmark; `templates`: one an account and benchmark.
    """

    tenants: Tenants
    begin: Ints
    length: Ints
    period: Ints
    questions: Ints
    templates: pl.Series

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Single-turn requests at about even spacing, on two days of three."""
        return [self._run(span, rng, *run) for run in daily(span, self.begin, self.length)]

    def _run(self, span: Span, rng: Generator, first: Ints, last: Ints, origin: Ints) -> Batch:
        day = int(origin.min()) // (24 * HOUR)
        off = noise(self.tenants.salt + 6, np.arange(len(origin)), day) < 1 / 3
        who, number, time = beats(first, np.where(off, first, last), origin, self.period)
        time = shaken(rng, time, 0.3 * self.period[who], span)
        question, turn = number % self.questions[who], number // self.questions[who]
        template = pick(self.templates, who * 3 + day % 3)
        more = self._asked(who, question, turn)
        return requests(rng, self.tenants, who, time, turn % COMMON, template, _HARNESS, None, **more)

    def _asked(self, who: Ints, question: Ints, turn: Ints) -> dict[str, Column]:
        return {"prompt_fingerprint": marks(hashed(self.tenants.salt + 7, who, question)), "logprobs": True,
                "temperature": _SWEEP[turn // COMMON % len(_SWEEP)], "conversation_turns": 1,
                "n": np.where(turn // COMMON % 2 == 1, 4, 1)}  # fmt: skip


def nightly_jobs(setting: Setting, rng: Generator, count: int) -> NightlyJobs:
    """Team and enterprise accounts, one job each, two to five hours long."""
    tenants = settle(rng, "nightly batch job", aged(rng, setting, count), ("team", "enterprise"), (PYTHON, NODE, CURL),
                     keyed=True)  # fmt: skip
    begin, length = whole(rng, 30 * MINUTE, 120 * MINUTE, count), whole(rng, 2 * HOUR, 5 * HOUR, count)
    period = whole(rng, 3_000, 9_000, count)
    return NightlyJobs(tenants, begin, length, period, whole(rng, 0, COMMON, count), fingerprints(rng, count))


def evaluations(setting: Setting, rng: Generator, count: int) -> Evaluations:
    """Evaluation harnesses: thousands of requests within two to four hours."""
    tenants = settle(rng, "evaluation harness", aged(rng, setting, count), ("pro", "team", "enterprise"), (PYTHON,),
                     keyed=True)  # fmt: skip
    begin, length = whole(rng, 6 * HOUR, 20 * HOUR, count), whole(rng, 2 * HOUR, 4 * HOUR, count)
    period, questions = whole(rng, 1_500, 4_000, count), whole(rng, 150, 500, count)
    return Evaluations(tenants, begin, length, period, questions, fingerprints(rng, 3 * count))
