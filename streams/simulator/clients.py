"""What programs say they are, and the TLS fingerprints that go with it."""

from __future__ import annotations

import numpy as np
import polars as pl

from streams.simulator.draw import Generator, Ints
from streams.simulator.texts import fingerprints, joined, pick

Client = tuple[str, str]
"""A user agent and its JA4."""

BROWSERS: tuple[Client, ...] = (
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/140.0",
     "t13d1715h2_5b57614c22b0_3d5424432f57"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
     "t13d2014h2_a09f3c656075_14788d8d241b"),
    ("Mozilla/5.0 (X11; Linux x86_64) ExampleChat/4.2", "t13d1516h2_8daaf6152771_b186095e22b6"),
    ("Mozilla/5.0 (Macintosh) ExampleChat/4.2", "t13d1516h2_8daaf6152771_e5627efa2ab1"),
)  # fmt: skip

PYTHON: Client = ("example-sdk-python/1.9", "t13d1812h1_85036bcba153_b26ce05bbdd6")
NODE: Client = ("example-sdk-node/3.1", "t13d5911h1_a33745022dd6_1f22a2ca17c4")
REQUESTS: Client = ("python-requests/2.32.3", "t13d1812h1_85036bcba153_d41ae481755e")
CURL: Client = ("curl/8.5.0", "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6")
MAILER: Client = ("example-mailer/2.4", "t13d4312h1_c7886603b240_b26ce05bbdd6")
WALLBOARD: Client = ("example-wallboard/1.2", "t13d3012h2_1d37bd780c83_882d495ac381")
CRAWLER: Client = ("Mozilla/5.0 (compatible; ExampleSearchBot/2.1; +https://search.example/bot)",
                   "t13d1910h1_bd868743f55c_fa269c3d986d")  # fmt: skip

SDKS = (PYTHON, NODE, CURL)
"""What programs of customers use."""


def said(clients: tuple[Client, ...], index: Ints) -> dict[str, pl.Series]:
    """Columns of these clients: user_agent, ja4."""
    return {"user_agent": pick([agent for agent, _ in clients], index), "ja4": pick([ja4 for _, ja4 in clients], index)}


def some(rng: Generator, clients: tuple[Client, ...], count: int) -> dict[str, pl.Series]:
    """Columns of clients drawn from these."""
    return said(clients, rng.integers(0, len(clients), count))


def own_ja4(rng: Generator, count: int) -> pl.Series:
    """TLS fingerprints of programs that nobody else has."""
    ciphers = pl.Series(np.asarray(rng.integers(10, 60, count))).cast(pl.String)
    return joined("t13d", ciphers, "11h1_", fingerprints(rng, count, 12), "_", fingerprints(rng, count, 12))
