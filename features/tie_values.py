"""Which values of an event can tie accounts to each other, as keyed stable hashes."""

from __future__ import annotations

from functools import reduce
from operator import or_

import polars as pl
import polars_hash as plh

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

_SEPARATOR = "\x1f"

# What client libraries write where there is nothing to write: all who leave it out would be tied.
_WORDS = ("", "-", "?", "none", "null", "nil", "nan", "n/a", "na", "unknown", "undefined", "unset", "default", "other")

# A field of zeros was never filled in, and JA4 of a hello without ciphers and extensions ends so.
_ZEROS = r"^(?:[a-z0-9]+:)?0[0:._\-]*$|_0{12}_0{12}$"

# MD5, SHA-1 and SHA-256 of nothing: the fingerprint of an empty text, not of one that two accounts share.
_OF_NOTHING = r"^(?:[a-z0-9]+:)?(?:d41d8cd98f00b204|da39a3ee5e6b4b0d|e3b0c44298fc1c14)"

# Behind these stands whoever proxies, not a place on the internet: private use, loopback, link-local, carriers'
# shared space (RFC 6598), multicast and reserved.
_NO_PLACE_4 = (
    r"^(?:0|10|127)\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\.|^169\.254\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
    r"|^(?:22[4-9]|2[3-5]\d)\."
)
_NO_PLACE_6 = r"^(?:f[cd]|fe[89ab]|ff)[0-9a-f]*:|^0:0:0$"
_GROUPS = 8
_BLOCK_GROUPS = 3  # /48


def tie_hashes(events: pl.DataFrame, key: str) -> pl.DataFrame:
    """The tie of each kind that every event shows: columns TIE_KINDS, UInt64, null for none.

    events: type and time (ms), and of READ what there is. A hash is xxHash64 (seed 0) of key, kind and value; 0,
    should it come out, is taken as 1.
    """
    whole = events.select("type", "time", *(_column(events, name) for name in READ))
    texts = whole.select(_texts())
    hashed = texts.select(
        plh.concat_str(pl.lit(f"{key}{_SEPARATOR}{kind}{_SEPARATOR}"), pl.col(kind)).alias(kind) for kind in TIE_KINDS
    )
    return pl.DataFrame([_hash(hashed[kind]) for kind in TIE_KINDS])


def _hash(texts: pl.Series) -> pl.Series:
    if texts.null_count() == len(texts):
        return pl.Series(texts.name, [None], dtype=pl.UInt64).new_from_index(0, len(texts))
    found = texts.to_frame("text").select(
        pl.when(pl.col("text").is_not_null()).then(
            plh.col("text").fill_null("").nchash.xxhash64().clip(lower_bound=1)  # type: ignore[attr-defined]
        ).alias(texts.name)
    )  # fmt: skip
    return found.to_series()


def _column(events: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in events.columns else pl.lit(None, pl.String).alias(name)


def _texts() -> list[pl.Expr]:
    """The text of each kind's tie, null where it ties nobody."""
    signup = pl.when(pl.col("type") == "signup").then((pl.col("time") // BURST_MS).cast(pl.String))
    pairs = {"ja4_asn": [_told("ja4"), _told("asn")],
             "signup_burst": [_told("email_domain"), _told("asn"), signup]}  # fmt: skip
    joined = {kind: pl.concat_str(parts, separator=_SEPARATOR) for kind, parts in pairs.items()}
    single = {kind: _told(kind) for kind in TIE_KINDS if kind in READ}
    return [(joined | single | {"address_block": _block()})[kind].alias(kind) for kind in TIE_KINDS]


def _told(name: str) -> pl.Expr:
    """A value that says something, null else."""
    text = pl.col(name).str.strip_chars()
    plain = text.str.to_lowercase()
    nothing = reduce(or_, (plain.str.contains(one) for one in (_ZEROS, _OF_NOTHING)), plain.is_in(_WORDS))
    return pl.when(~nothing).then(text)


def _block() -> pl.Expr:
    """The /24 of an IPv4 address, the /48 of an IPv6 one, any other text as it is: an address kept as a keyed hash."""
    plain = pl.col("source_ip").str.strip_chars().str.to_lowercase().str.replace("%.*$", "")
    old = plain.str.extract(r"^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$")
    new = pl.when(plain.str.contains(r"^[0-9a-f]*:[0-9a-f:]*:[0-9a-f]*$")).then(_block_6(plain))
    return (
        pl.when(old.is_not_null()).then(pl.when(~(old + ".").str.contains(_NO_PLACE_4)).then(old))
        .when(new.is_not_null()).then(pl.when(~new.str.contains(_NO_PLACE_6)).then(new))
        .otherwise(_told("source_ip"))
    )  # fmt: skip


def _block_6(plain: pl.Expr) -> pl.Expr:
    """The first three groups of an IPv6 address, as RFC 4291 writes it short, without leading zeros."""
    sides = plain.str.split_exact("::", 1)
    head, tail = (_groups(sides.struct.field(f"field_{side}")) for side in (0, 1))
    left_out = (_GROUPS - head.list.len().cast(pl.Int64) - tail.list.len().cast(pl.Int64)).clip(lower_bound=0)
    groups = pl.concat_list(head, pl.lit("0").repeat_by(left_out), tail).list.head(_BLOCK_GROUPS)
    return groups.list.eval(pl.element().str.replace("^0+([0-9a-f])", "$1")).list.join(":")


def _groups(side: pl.Expr) -> pl.Expr:
    return side.fill_null("").str.split(":").list.eval(pl.element().filter(pl.element() != ""))
