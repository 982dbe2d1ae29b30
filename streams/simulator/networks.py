"""Where requests come from: addresses, networks, countries and the region that serves them; all made up."""

from __future__ import annotations

import numpy as np
import polars as pl

from streams.simulator.draw import Ints, Uints, chosen
from streams.simulator.texts import joined, marks, pick

COUNTRIES = ("DE", "US", "FR", "NL", "GB", "JP", "BR", "IN")
"""Where most customers are; two consumer networks each."""

FAR = ("ID", "VN", "TR", "UA", "MX", "PL", "EG", "NG", "PH", "TH", "CO", "AR", "RO", "KE", "PK", "BD")
"""Where few are."""

ZONES = (1.0, -6.0, 1.0, 1.0, 0.0, 9.0, -3.0, 5.5)
"""UTC offsets of COUNTRIES, in hours."""

CLOUD = tuple(f"AS{number}" for number in range(65536, 65540))
"""The networks of one provider that customers run their servers on."""

HOSTERS = tuple(f"AS{number}" for number in range(65540, 65552))
"""Networks that rent servers and tunnels to anybody."""

_SHARES = (18, 30, 8, 7, 12, 10, 7, 8)
_ISPS = tuple(f"AS{number}" for number in range(64496, 64512))
_REGION = pl.Series(("eu-1", "us-1", "eu-1", "eu-1", "eu-1", "ap-1", "us-1", "ap-1"))
_SECOND, _BYTE, _FINE = pl.Series(("18.", "19.")), pl.Series([str(n) for n in range(256)]), np.uint64(256)


def old_addresses(draws: Uints) -> pl.Series:
    """IPv4 addresses, of a range set aside for tests; few enough that some are shared, as carriers make people do."""
    third, fourth = _BYTE[(draws % _FINE).astype(np.int64)], _BYTE[(draws // _FINE % _FINE).astype(np.int64)]
    second = _SECOND[(draws // _FINE // _FINE % np.uint64(2)).astype(np.int64)]
    return joined("198.", second, third, ".", fourth)


def addresses(draws: Uints) -> pl.Series:
    """Addresses of people: three of five IPv6 and nobody else's, the rest IPv4."""
    new = joined(
        "2001:db8:", marks(draws, 4), ":", marks(draws >> np.uint64(16), 4), "::", marks(draws >> np.uint64(32), 4)
    )
    old = (draws >> np.uint64(48)) % np.uint64(5) < 2
    return old_addresses(draws).zip_with(pl.Series(np.asarray(old)), new)


def homes(draws: Uints, country: Ints | None = None) -> dict[str, pl.Series]:
    """Columns of people at home, by a draw each: source_ip, asn, country, region; country: numbers of COUNTRIES."""
    land = chosen((draws >> np.uint64(11)) * 2.0**-53, _SHARES) if country is None else country
    isp = land * 2 + (draws % np.uint64(3) == 0)
    return {"source_ip": addresses(draws), "asn": pick(_ISPS, isp), "country": pick(COUNTRIES, land),
            "region": _REGION[land]}  # fmt: skip


def hosted(draws: Uints, networks: tuple[str, ...], lands: tuple[str, ...] = COUNTRIES) -> dict[str, pl.Series]:
    """Columns of servers, by a draw each: source_ip, asn, country."""
    number = (draws >> np.uint64(8)).astype(np.int64)
    return {"source_ip": old_addresses(draws), "asn": pick(networks, number % len(networks)),
            "country": pick(lands, number // 64 % len(lands))}  # fmt: skip
