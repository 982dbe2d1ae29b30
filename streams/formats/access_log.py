"""Access logs of Apache and nginx, combined or common → `fetch` events, one a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl
import polars_hash as plh

from features.event import COLUMNS, RECORD_BYTES
from streams.codec import Codec, Decoded
from streams.dead_letters import Fault, Reason
from streams.ndjson import NOT_A_TIME, split

SUMMARY = "Apache or nginx access log, combined or common"
LOSSES = (
    "the query string is dropped from the path",
    "the protocol, the identity (%l) and, unless it is the account, the user (%u) are dropped",
    "the host is unknown, and times are whole seconds",
    "the account is a keyed hash of the address, unless a field is named for it",
    "ids are keyed hashes of the line: equal lines have equal ids",
    r"escapes other than \" and \\ are kept as written",
    "a request line without a method and a path gives neither",
)
ACCOUNT_FIELDS = ("address", "user")
"""What may be named for the account; without a name, it is a keyed hash of the address."""

_LINE = (
    r"^(?<address>[\w.:%-]+) \S+ (?<user>\S.*?) \[(?<time>[^\]]*)\] "
    r'"(?<request>(?:[^"\\]|\\.)*)" (?<status>[0-9]{3}) (?<bytes>[0-9]{1,18}|-)'
    r'(?: "(?<referrer>(?:[^"\\]|\\.)*)" "(?<agent>(?:[^"\\]|\\.)*)")?[ \t]*$'
)
_TIME = "^[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-5][0-9] [+-][0-9]{4}$"
_METHOD = r"^([A-Za-z]+) "
_PATH = r"^[A-Za-z]+ ([^?#]+?)(?:[?#].*)?(?: HTTP/[0-9.]+)?$"
_UNFIT = "the line is no access log in combined or common form; see `tipstaff formats list`"


class AccessLog:
    """Reads access logs as `fetch` events; what it shares with native events is checked as theirs is."""

    def __init__(self, codec: Codec, account_field: str | None = None) -> None:
        self._codec = codec
        known = _columns(codec.hash_key, account_field)
        self._columns = [known.get(name, pl.lit(None)).cast(COLUMNS[name].dtype).alias(name) for name in codec.columns]

    def decode(self, lines: bytes) -> Decoded:
        """The records of a file: a line each; blank lines are none."""
        records = split(lines)
        texts, faults = _texts(records)
        read = texts.with_columns(pl.col("line").str.extract_groups(_LINE).alias("fields"))
        fits = pl.col("fields").struct.field("address").is_not_null()
        frame = read.filter(fits).unnest("fields").select("record", *self._columns)
        unfit = read.filter(~fits)["record"].to_list()
        faults += [Fault(record, Reason.NOT_ACCESS_LOG, _UNFIT) for record in unfit]
        return self._codec.settle(frame, faults, lambda: records, {})


def reader(columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None) -> AccessLog:
    """A reader of access logs; `account_field` may be `address` or `user`."""
    if account_field not in (None, *ACCOUNT_FIELDS):
        raise ValueError(f"an access log has no {account_field}; the account may be {' or '.join(ACCOUNT_FIELDS)}")
    return AccessLog(Codec(columns, hash_key), account_field)


def _texts(records: Sequence[bytes]) -> tuple[pl.DataFrame, list[Fault]]:
    texts: dict[int, str] = {}
    faults: list[Fault] = []
    for n, record in enumerate(records):
        if len(record) > RECORD_BYTES:
            faults.append(Fault(n, Reason.OVERSIZED, f"{len(record)} bytes; at most {RECORD_BYTES} are taken"))
            continue
        try:
            texts[n] = record.decode()
        except UnicodeDecodeError as error:
            faults.append(Fault(n, Reason.NOT_UTF8, f"{error}; write the log in UTF-8"))
    frame = pl.DataFrame({"record": list(texts), "line": list(texts.values())}, {"record": pl.Int64, "line": pl.String})
    return frame, faults


def _columns(hash_key: str, account_field: str | None) -> dict[str, pl.Expr]:
    hashed = pl.concat_str(pl.lit("addr-"), _keyed("address", hash_key).str.head(16))
    request = _unescaped("request")
    return {
        "id": pl.concat_str(pl.lit("log-"), _keyed("line", hash_key).str.head(24)),
        "type": pl.lit("fetch"),
        "direction": pl.lit("served"),
        "account_id": _present(account_field) if account_field else hashed,
        "time": _time(),
        "source_ip": pl.col("address"),
        "method": request.str.extract(_METHOD),
        "path": request.str.extract(_PATH),
        "status": pl.col("status"),
        "bytes_out": _present("bytes"),
        "referrer": _unescaped("referrer"),
        "user_agent": _unescaped("agent"),
    }


def _time() -> pl.Expr:
    text = pl.col("time")
    well_formed = pl.when(text.str.contains(_TIME)).then(text)
    moment = well_formed.str.to_datetime("%d/%b/%Y:%H:%M:%S %z", time_unit="ms", time_zone="UTC", strict=False)
    return moment.cast(pl.Int64).fill_null(NOT_A_TIME)


def _keyed(name: str, key: str) -> pl.Expr:
    keyed: pl.Expr = plh.col(name).chash.hmac_sha256(key=key)
    return keyed


def _present(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "-").then(pl.col(name))


def _unescaped(name: str) -> pl.Expr:
    return _present(name).str.replace_all(r'\\(["\\])', "$1")
