"""Who reports, as far as we know and keep it: addresses and contacts only as keyed hashes."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from streams.enforcement.policy.trust import UNPROVEN

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

ANONYMOUS = f"{UNPROVEN}anonymous"
"""All who say nothing of themselves: together they are one reporter, so that one cannot pass for many."""

_MOST_HOPS = 32
_V6_PREFIX_BITS = 64


def client_of(peer: str, forwarded: Sequence[str], proxies: Networks) -> Address | None:
    """The address of whoever asks, None where it is not known. peer: the other end of the connection; forwarded: the
    lines of X-Forwarded-For, believed only as far as proxies of ours wrote them.
    """
    found = _address(peer)
    hops = [hop for line in forwarded for hop in line.split(",")][-_MOST_HOPS:]
    while found is not None and hops and _within(found, proxies):
        further = _address(hops.pop().strip())
        if further is None:
            break
        found = further
    return found


def address_key(address: Address | None, key: bytes) -> bytes:
    """What limits count by: a keyed hash of the address, for IPv6 of its /64, which one household has; 16 bytes."""
    if isinstance(address, IPv6Address):
        told = address.packed[: _V6_PREFIX_BITS // 8]
    else:
        told = b"" if address is None else address.packed
    return hashlib.blake2b(told, key=key, digest_size=16).digest()


def reporter_of(contact: str, key: bytes) -> str:
    """What enforcement calls a reporter: never a name that somebody could borrow to be trusted."""
    meant = "".join(unicodedata.normalize("NFKC", contact).casefold().split())
    if not meant:
        return ANONYMOUS
    return UNPROVEN + hashlib.blake2b(meant.encode(), key=key, digest_size=16).hexdigest()


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _within(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)
