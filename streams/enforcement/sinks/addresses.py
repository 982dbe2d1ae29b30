"""Which addresses may be connected to: global ones, and those that the operator allows. Pure."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_REFUSED: tuple[Network, ...] = tuple(ip_network(text) for text in (
    "192.0.0.0/24",  # protocol assignments; Oracle's metadata among them
    "192.88.99.0/24",  # 6to4 relays
    "168.63.129.16/32",  # Azure's host, at a public address
    "3fff::/20",  # documentation
))  # fmt: skip


def refusal(text: str, allowed: Iterable[Network]) -> str | None:
    """Why an address must not be connected to, None where it may be. text: an IP address as a resolver gives it."""
    try:
        address = _reached(ip_address(text))
    except ValueError:
        return f"{text} is no IP address"
    if any(address in network for network in allowed):
        return None
    return None if is_global(address) else f"{text} is not a public address"


def is_global(address: Address) -> bool:
    """Whether it is a unicast address of the public internet."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    odd = address.is_multicast or address.is_reserved or any(address in network for network in _REFUSED)
    return address.is_global and not odd


def _reached(address: Address) -> Address:
    """Where packets to an address end up: the IPv4 address in a mapped, 6to4 or NAT64 one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def odd_number(host: str) -> bool:
    """Whether a host is an IPv4 address in an old spelling (decimal, hex, octal, short): used to slip past checks."""
    try:
        ip_address(host)
    except ValueError:
        return _is_old_spelling(host)
    return False


def _is_old_spelling(host: str) -> bool:
    try:
        socket.inet_aton(host)
    except (OSError, UnicodeEncodeError):
        return False
    return True


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """CIDR texts as networks. Raises ValueError."""
    return tuple(ip_network(text) for text in texts)
