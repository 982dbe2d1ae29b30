"""Which values of an event can tie accounts to each other, as keyed stable hashes."""

from __future__ import annotations

from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash as plh

from features.ticks import Ints

Hashes = npt.NDArray[np.uint64]

LASTING = ("payment_fingerprint", "device_fingerprint", "signup_burst")
"""Ties of the account itself: shown by few events, and all that the account does afterwards is done under them."""

PASSING = ("image_digest", "template_fingerprint", "ja4_asn", "address_block")
"""Ties of single events: only what the events that show them do is done under them."""

TIE_KINDS = (*LASTING, *PASSING)
"""Every kind of tie, in the order in which records are sent."""

READ = (
    "payment_fingerprint", "device_fingerprint", "email_domain", "asn", "image_digest", "template_fingerprint", "ja4",
    "source_ip",
)  # fmt: skip
"""The event columns that ties are made of."""

BURST_MS = 600_000
"""Sign-ups of one mail domain and network in the same ten minutes are tied."""

SEPARATOR = "\x1f"
"""Between the parts of a tie's text."""

# What client libraries write where there is nothing to write: all who leave it out would be tied.
_WORDS = ("", "-", "?", "none", "null", "nil", "nan", "n/a", "na", "unknown", "undefined", "unset", "default", "other")

# A field of zeros was never filled in, and JA4 of a hello without ciphers and extensions ends so.
_ZEROS = r"^(?:[a-z0-9]+:)?0[0:._\-]*$|_0{12}_0{12}$"

# MD5, SHA-1 and SHA-256 of nothing: the fingerprint of an empty text, not of one that two accounts share.
_OF_NOTHING = r"^(?:[a-z0-9]+:)?(?:d41d8cd98f00b204|da39a3ee5e6b4b0d|e3b0c44298fc1c14)"

# Behind these stands whoever proxies, not a place on the internet: private use, loopback, link-local, carriers'
# shared space (RFC 6598), multicast and reserved.
_NO_PLACE_4 = (
    r"^(?:0|10|127)\.|^192\.168\.|^172\.(?:1[6-9]|2[0-9]|3[01])\.|^169\.254\.|^100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\."
    r"|^(?:22[4-9]|2[3-5][0-9])\."
)
_NO_PLACE_6 = r"^(?:f[cd]|fe[89ab]|ff)[0-9a-f]*:|^0:0:0$"
_FOUR = r"^(?:::ffff:)?([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})\.[0-9]{1,3}$"
_SIX = r"^[0-9a-f]*:[0-9a-f:]*:[0-9a-f]*$"
_GROUPS = 8
_BLOCK_GROUPS = 3  # /48


def hashed(kinds: Ints, texts: pl.Series, key: str) -> Hashes:
    """Keyed hashes of texts, each of the kind at a place in TIE_KINDS (int64[n]); uint64[n], 0 where there is no text.

    A hash is xxHash64 (seed 0) of key, kind and text; 0, should it come out, is taken as 1.
    """
    before = pl.Series([f"{key}{SEPARATOR}{kind}{SEPARATOR}" for kind in TIE_KINDS])[kinds]
    found = pl.DataFrame({"before": before, "text": texts}).select(
        pl.when(pl.col("text").is_not_null()).then(
            plh.concat_str("before", "text").fill_null("").nchash.xxhash64().clip(lower_bound=1)  # type: ignore[attr-defined]
        ).otherwise(pl.lit(0, pl.UInt64)).alias("hash")
    )  # fmt: skip
    hashes: Hashes = found["hash"].to_numpy()
    return hashes


def told(texts: pl.Series) -> pl.Series:
    """Values without the blanks around them, null where they say nothing."""
    return texts.to_frame("text").select(_told()).to_series()


def blocks(addresses: pl.Series) -> pl.Series:
    """The /24 of an IPv4 address, the /48 of an IPv6 one, any other text as it is: an address kept as a keyed hash.

    Null where it is no place on the internet.
    """
    plain = pl.col("text").str.strip_chars().str.to_lowercase().str.replace("%.*$", "")
    read = addresses.to_frame("text").select(
        plain.alias("plain"), plain.str.extract(_FOUR).alias("old"), plain.str.contains(_SIX).alias("new"),
        _told().alias("told"),
    )  # fmt: skip
    old = pl.when(~(pl.col("old") + ".").str.contains(_NO_PLACE_4)).then("old")
    found = read.select(pl.when(pl.col("old").is_not_null()).then(old).otherwise("told").alias("text")).to_series()
    new = read["new"].arg_true()
    if len(new):
        found = found.scatter(new, read[new].select(_block_6(pl.col("plain"))).to_series())
    return found


def joined(parts: list[pl.Series]) -> pl.Series:
    """Texts of several parts, null where one of them is."""
    named = pl.DataFrame({str(number): part for number, part in enumerate(parts)})
    return named.select(pl.concat_str(pl.all(), separator=SEPARATOR).alias("text")).to_series()


def _told() -> pl.Expr:
    """A value that says something, null else."""
    text = pl.col("text").str.strip_chars()
    plain = text.str.to_lowercase()
    nothing = reduce(or_, (plain.str.contains(one) for one in (_ZEROS, _OF_NOTHING)), plain.is_in(_WORDS))
    return pl.when(~nothing).then(text)


def _block_6(plain: pl.Expr) -> pl.Expr:
    """The first three groups of an IPv6 address, as RFC 4291 writes it short, without leading zeros."""
    sides = plain.str.split_exact("::", 1)
    head, tail = (_groups(sides.struct.field(f"field_{side}")) for side in (0, 1))
    left_out = (_GROUPS - head.list.len().cast(pl.Int64) - tail.list.len().cast(pl.Int64)).clip(lower_bound=0)
    groups = pl.concat_list(head, pl.lit("0").repeat_by(left_out), tail).list.head(_BLOCK_GROUPS)
    block = groups.list.eval(pl.element().str.replace("^0+([0-9a-f])", "$1")).list.join(":")
    return pl.when(~block.str.contains(_NO_PLACE_6)).then(block)


def _groups(side: pl.Expr) -> pl.Expr:
    return side.fill_null("").str.split(":").list.eval(pl.element().filter(pl.element() != ""))
