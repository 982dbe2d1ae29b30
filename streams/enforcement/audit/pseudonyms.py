"""What an account is called in the audit: a name that means nothing once its key is destroyed."""

from __future__ import annotations

import hashlib
import hmac

KEY_BYTES = 32
"""How long an account's random key is. The ledger keeps it; erasing the account destroys it."""


def pseudonym(key: bytes, account_id: str) -> str:
    """An account's name in the audit: 32 hex digits. Raises ValueError where the key is not of KEY_BYTES."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"an account's key has {KEY_BYTES} bytes, this one has {len(key)}")
    return hmac.new(key, account_id.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()[:16].hex()
