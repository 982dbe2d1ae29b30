"""`tipstaff hunt`: who has events that a condition is true of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from features.event import ENTITY_COLUMNS
from features.sql import Sql, SqlProblem
from streams.alert_lines import rfc3339
from streams.cli.alerts import Json
from streams.cli.formats import AccountField, FieldMap
from streams.cli.history import BadShare, Files, Form, Since, Until, reading, say_read, span_of
from streams.cli.progress import bar
from streams.cli.screen import Failed, PackDir, as_json, err, settings_of, table, told
from streams.cli.sheet import as_csv
from streams.history.hunting import EXAMPLES, Hunt, condition
from streams.history.reading import Reading
from streams.located import Flaw
from streams.pack import read_pack
from streams.session import Input

Condition = Annotated[str, typer.Argument(metavar="SQL", help="a condition on one event, as in a rule's when")]
Entity = Annotated[str, typer.Option(help=f"whose events to count: {', '.join(ENTITY_COLUMNS)}")]
Csv = Annotated[bool, typer.Option("--csv", help="for a spreadsheet")]
Limit = Annotated[int | None, typer.Option(min=1, help="only so many of them, those with the most events")]


def hunt(
    sql: Condition, files: Files, entity: Entity = "account", since: Since = None, until: Until = None,
    format: Form = "native", account_field: AccountField = None, field_map: FieldMap = None, pack: PackDir = None,
    limit: Limit = None,    max_bad_share: BadShare = None, json: Json = False, csv: Csv = False,
) -> None:  # fmt: skip
    """Which accounts, keys, workloads or end users in stored events match a condition on one event.

    For example: tipstaff hunt "tls_sni LIKE '%.newpool.example'" events.ndjson. Only the columns that the condition
    names are decoded; LISTED(column, 'name') asks a list of the pack. --since and --until go by the events' own
    times, and the order of the events does not matter.
    """
    if json and csv:
        raise Failed("--json and --csv exclude each other")
    if entity not in ENTITY_COLUMNS:
        raise Failed(f"--entity: there is no {entity}; it may be {', '.join(ENTITY_COLUMNS)}")
    span = span_of(since, until)
    found = Hunt(_compiled(sql, pack), entity, span.since, span.until)
    chosen = Input(tuple(files), format=format, account_field=account_field, map=field_map)
    with told():
        pages = Reading(chosen, found.columns, settings_of(max_bad_share=max_bad_share), span.since)
    _read(pages, found)
    _tell(found, entity, limit, json, csv)


def _compiled(sql: str, pack: Path | None) -> Sql:
    with told():
        lists = read_pack(pack).lists
    try:
        return condition(sql, lists)
    except SqlProblem as one:
        flaw = Flaw("the condition", 1, one.message, one.hint, "", " ".join(sql.splitlines()), one.at, one.length)
        raise Failed(str(flaw)) from None


def _read(pages: Reading, found: Hunt) -> None:
    with bar() as show, reading(pages.summary):
        for frame in pages.frames():
            found.add(frame)
            show(pages.summary.events, pages.done, pages.total, None)
    say_read(pages.summary)


def _tell(found: Hunt, entity: str, limit: int | None, json: bool, csv: bool) -> None:
    frame = found.found()
    rows = [_row(one) for one in (frame if limit is None else frame.head(limit)).iter_rows(named=True)]
    if json:
        as_json(rows)
    elif csv:
        names = [name for name in frame.columns if name != "examples"]
        as_csv([*names, *(f"example_{n + 1}" for n in range(EXAMPLES))],
               [(*(row[n] for n in names), *_padded(row["examples"])) for row in rows])  # fmt: skip
    else:
        _print(rows, frame.columns)
    cut = f" (the first {len(rows):,} are told)" if len(rows) < frame.height else ""
    err.print(f"{found.events:,} matching events of {frame.height:,} {entity}s{cut}", markup=False)
    if found.nameless:
        err.print(f"{found.nameless:,} of them name no {entity}", markup=False)


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "first": rfc3339(one["first"]), "last": rfc3339(one["last"])}


def _padded(examples: list[str]) -> list[str]:
    return examples + [""] * (EXAMPLES - len(examples))


def _print(rows: list[dict[str, Any]], columns: list[str]) -> None:
    ids = [name for name in columns if name.endswith("_id")]
    table("", [*ids, "events>", "first", "last", "examples"],
          [(*(row[name] for name in ids), f"{row['events']:,}", row["first"], row["last"], " ".join(row["examples"]))
           for row in rows])  # fmt: skip
