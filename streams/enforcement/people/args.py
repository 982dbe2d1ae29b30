"""What the arguments of all commands are made of."""

from __future__ import annotations

from typing import Annotated

import msgspec

MOST_TARGETS = 4_000
"""How many accounts, keys or ids one command may name: so many fit into one Kafka record. A campaign is a case."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Subject = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]  # addresses of pages are longer than ids
Ids = Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MOST_TARGETS)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Ms = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Scope = Annotated[str, msgspec.Meta(pattern=r"^(all|(rung|rule|clause):[A-Za-z0-9_.:-]{1,128})\Z")]
Scopes = Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=100)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Args(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every verb's arguments have in common: nothing unknown stands in them."""
