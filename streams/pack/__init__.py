"""The pack: what people edit, read, cross-checked, hashed, examined and described."""

from streams.pack.files import SHIPPED
from streams.pack.reader import Clause, Pack, expired_lists, read_pack

__all__ = ["SHIPPED", "Clause", "Pack", "expired_lists", "read_pack"]
