"""What a model's artifact tells of itself, beside its arrays."""

from __future__ import annotations

import msgspec

from streams.pack.model_bytes import ModelRefused


class ToldGroup(msgspec.Struct):
    """One peer group's numbers; reference_rows: how many independent ones its reference is worth."""

    plan: str
    usual_path: float
    depth: int
    reference_rows: float


class Scores(msgspec.Struct):
    """Quantiles of the highest scores of held-back days."""

    p50: float
    p90: float
    p99: float
    p100: float


class Figures(msgspec.Struct):
    """What a group was learnt from, and how well it was tried.

    left_out_as_unlike: of its entities those that training did not believe to be honest.
    """

    entities: int
    left_out_as_unlike: int
    rows: int
    held_back_days: int
    same_for_all: list[str]
    scores: Scores
    share_at_p: float | None


class About(msgspec.Struct):
    """Where a model comes from. pack: the hash of the pack it was trained with; groups: figures by plan."""

    pack: str
    span: tuple[str, str]
    days: int
    events: int
    left_out: int
    seed: int
    groups: dict[str, Figures]


class Told(msgspec.Struct):
    """All of it. basis: see `model_basis`; features: names with the identities of what was declared."""

    model: str
    entity: str
    library: str
    basis: dict[str, str]
    features: list[tuple[str, str]]
    groups: list[ToldGroup]
    about: About


def about_of(told: object) -> About:
    """What training says of a model, as an artifact tells it: what else it says is left out."""
    assert isinstance(told, dict)
    return msgspec.convert({key: told[key] for key in About.__struct_fields__}, About)


def told_in(raw: bytes) -> Told:
    """What an artifact tells. Raises ModelRefused."""
    try:
        return msgspec.json.decode(raw, type=Told)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ModelRefused("it is damaged: what it tells of itself cannot be read") from None
