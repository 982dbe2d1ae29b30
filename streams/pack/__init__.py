"""The pack: what people edit, read, cross-checked, hashed, examined and described."""

from streams.pack.reader import Clause, Pack, expired_lists, read_pack

__all__ = ["Clause", "Pack", "expired_lists", "read_pack"]
