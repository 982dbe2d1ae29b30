"""What boards ask of the ledger, on a real PostgreSQL: it runs, it shows what there is, and nothing that it may not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa
from dashboards.grafana_sql import ALL, expanded
from dashboards.written_boards import ROOT, sql_targets
from ledger_urls import engine_of, url_of
from playing import Play, made_alert, played
from story_args import command_args

from detectors.alert import Alert, Evidence
from detectors.rules import Rule
from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.in_force import in_force_of
from streams.pack import Pack, read_pack

pytestmark = pytest.mark.postgres

READER = ROOT / "dashboards" / "postgres" / "reader.sql"
NOW = time.time_ns() // 1_000_000
"""When the run ends, by the clock that PostgreSQL goes by too; ms."""

BEGIN, SINCE, UNTIL = NOW - 90 * 60_000, NOW - DAY_MS, NOW + DAY_MS
HIDDEN = "hidden-account"
"""Whom child safety's matters are about."""

WORDS = "the words of a person"
MINER, SHADOW, CHILD = "mining-stratum-command", "mining-gpu-and-pool", "child-safety-hash"


@cache
def pack() -> Pack:
    return read_pack()


def alert(rule_id: str, account: str, **more: Any) -> Alert:
    """An alert of a shipped rule, with one condition as its evidence."""
    rule: Rule = next(one for one in pack().rules if one.id == rule_id)
    seen = Evidence("spent_1h > 2", "spent_1h", 8.0, ">", 2.0, "USD", HOUR_MS, 2.0, True, 8.5, 0.99, "pro")
    share = Evidence("gpu_busy_share_1h > 0.9", "gpu_busy_share_1h", 0.97, ">", 0.9, "share", HOUR_MS)
    return made_alert(rule.id, rule.clause, account=account, severity=rule.severity, signals=rule.signals,
                      rule_version=rule.version, victim=rule.victim, knowledge=rule.knowledge,
                      restricted=rule.restricted, evidence=(seen, share), **more)  # fmt: skip


def live(play: Play) -> None:
    """A small matter of everything: alerts live, in shadow and of child safety, people act, undo, appeal, report."""
    play.now_ms = BEGIN
    play.switch_on()
    play.promote(MINER, version=play.enforcer.in_force.rules[MINER])
    for account in ("acme", "quiet", "spammer", "wronged", HIDDEN):
        play.know(account)
    for name, role in (("ann", "enforcer"), ("bea", "enforcer"), ("rob", "reviewer"), ("rev", "reviewer")):
        play.hire(name, role)
    play.alert(
        alert(MINER, "acme", workload="pod-1", at_ms=BEGIN), alert(MINER, "wronged", workload="pod-3", at_ms=BEGIN)
    )
    play.alert(alert(SHADOW, "quiet", workload="pod-2", at_ms=BEGIN), alert(CHILD, HIDDEN, at_ms=BEGIN))
    play.later(HOUR_MS)
    act(play, "rev", "action.undo", ids=[{"the": "action", "account_id": "wronged"}])
    act(play, "ann", "account.act", rung="suspend", clause="spam",
        targets=[{"kind": "account", "account_id": "spammer", "id": "spammer"}])  # fmt: skip
    act(play, "bea", "appeal.add", action_id={"the": "action", "account_id": "spammer"}, appealed_by="owner",
        appeal_reason=WORDS)  # fmt: skip
    act(play, "rob", "report.add", kind="violation", reporter_id="r-1", text=WORDS, clause="harassment",
        account_id="acme")  # fmt: skip
    act(play, "rob", "report.add", kind="violation", matter="minors", reporter_id="r-2", text=WORDS, account_id=HIDDEN)
    act(play, "rev", "case.close", cases=[{"the": "case", "account_id": "acme", "clause": "cryptomining"}],
        disposition="violation")  # fmt: skip
    waits = play.command("ann", "account.act", WORDS, rung="terminate", clause="spam",
                         targets=[{"kind": "account", "account_id": "spammer", "id": "spammer"}])  # fmt: skip
    assert str(waits.ending) == "waits", waits.detail
    play.later(10 * 60_000)


def act(play: Play, by: str, verb: str, **told: Any) -> None:
    answer = play.command(by, verb, WORDS, **command_args(play, verb, told))
    assert str(answer.ending) == "done", f"{verb}: {answer.detail}"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a ledger that a small enforcement run has filled."""
    folder = tmp_path_factory.mktemp("lived")
    for url in url_of("postgres", folder):
        with played(url, folder, in_force_of(pack())) as play:
            live(play)
        run(url, READER.read_text(encoding="utf-8"))
        yield url


def run(url: str, sql: str) -> None:
    with engine_of(url).begin() as connection:
        connection.exec_driver_sql(sql.replace("%", "%%"))


@contextmanager
def as_reader(url: str) -> Iterator[sa.Connection]:
    """A transaction with the rights of Grafana's role alone."""
    with engine_of(url).connect() as connection, connection.begin():
        connection.exec_driver_sql("SET ROLE tipstaff_grafana")
        yield connection


def asked(connection: sa.Connection, sql: str, values: Mapping[str, Any]) -> sa.CursorResult[Any]:
    return connection.exec_driver_sql(expanded(sql, values, SINCE, UNTIL).replace("%", "%%"))


def values(**changed: Any) -> dict[str, Any]:
    return {"account": "acme", "alert": "", "rule": ALL, "clause": ALL, "role": ALL, **changed}


@pytest.mark.parametrize("target", [pytest.param(target, id=f"{uid}: {title}") for uid, title, target in sql_targets()])
def test_every_query_runs_on_the_real_schema_and_shows_what_there_is(ledger: str, target: dict[str, Any]) -> None:
    """As Grafana's role; each returns rows, none of nothing but nulls, and series have a time and numbers."""
    with as_reader(ledger) as connection:
        found = asked(connection, target["rawSql"], values())
        columns = list(found.keys())
        rows: list[Any] = list(found)
    assert rows
    assert any(value is not None for row in rows for value in row)
    if target["format"] == "time_series":
        assert columns[:2] == ["time", "metric"]
        assert all(isinstance(row[1], str) and float(row[2]) >= 0 for row in rows)
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)


@pytest.mark.parametrize("target", [pytest.param(target, id=f"{uid}: {title}") for uid, title, target in sql_targets()])
def test_no_query_shows_a_matter_of_child_safety_or_what_a_person_wrote(ledger: str, target: dict[str, Any]) -> None:
    """Neither with everything picked nor with the very account: but the operator's own facts of it."""
    for account in ("acme", HIDDEN, "spammer"):
        with as_reader(ledger) as connection:
            shown = repr(asked(connection, target["rawSql"], values(account=account)).fetchall())
        assert HIDDEN not in shown
        assert CHILD not in shown
        assert WORDS not in shown


def test_the_run_has_what_may_not_be_shown(ledger: str) -> None:
    """Else the tests above would prove nothing: alerts, actions, cases and reports of child safety, and words."""
    with engine_of(ledger).connect() as connection:
        for table in ("alerts", "actions", "cases"):
            seen = connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE restricted")
            assert seen.scalar_one() > 0, table
        assert connection.exec_driver_sql("SELECT count(*) FROM reports").scalar_one() == 2
        assert connection.exec_driver_sql("SELECT count(*) FROM shown.reports").scalar_one() == 1


def test_the_reader_reaches_the_views_and_nothing_else(ledger: str) -> None:
    """Every relation outside `shown` that is the ledger's is refused, and so is writing through a view."""
    listed = """SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                WHERE relkind IN ('r', 'v', 'm', 'S') AND nspname NOT IN ('pg_catalog', 'information_schema')
                  AND nspname NOT LIKE 'pg_toast%%'"""
    with engine_of(ledger).connect() as connection:
        every = set(connection.exec_driver_sql(listed).scalars())
    views = {name for name in every if name.startswith("shown.")}
    assert len(views) > 10
    assert len(every - views) > 25
    for name in sorted(every):
        with as_reader(ledger) as connection:
            if name in views:
                connection.exec_driver_sql(f"SELECT * FROM {name} LIMIT 1")
            else:
                with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                    connection.exec_driver_sql(f"SELECT * FROM {name} LIMIT 1")
    with as_reader(ledger) as connection, pytest.raises(sa.exc.DBAPIError, match=r"permission denied|read-only"):
        connection.exec_driver_sql("UPDATE shown.cases SET state = 'closed'")


def test_a_function_of_the_readers_own_sees_no_row_that_a_view_leaves_out(ledger: str) -> None:
    """The views are security barriers: a cheap function is not run before what leaves child safety out."""
    spying = """CREATE FUNCTION pg_temp.spied(seen text) RETURNS boolean COST 0.0000001 LANGUAGE plpgsql
                AS $$ BEGIN RAISE WARNING 'spied %', seen; RETURN true; END $$"""
    heard: list[str] = []
    with as_reader(ledger) as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.add_notice_handler(lambda notice: heard.append(notice.message_primary))
        connection.exec_driver_sql("SET TRANSACTION READ WRITE")
        connection.exec_driver_sql(spying.replace("%", "%%"))
        connection.exec_driver_sql("SELECT * FROM shown.decisions WHERE pg_temp.spied(account_id)")
    assert heard
    assert f"spied {HIDDEN}" not in heard


@pytest.mark.parametrize("typed", ["x' OR '1'='1", "$$ OR true OR $$", "a|.*", "'; SELECT 1; --", "a$"])
def test_what_is_typed_into_a_variable_is_data(ledger: str, typed: str) -> None:
    """Quotation marks, dollars and patterns in an account, rule or role match nothing and break out of nothing."""
    for uid, title, target in sql_targets():
        if not {"${account:sqlstring}", "${rule:regex}", "${role:regex}"} & set(_formats(target["rawSql"])):
            continue
        picked = values(account=typed, alert=typed, rule=[typed, "nothing"], clause=[typed], role=[typed, "nothing"])
        with as_reader(ledger) as connection:
            rows = asked(connection, target["rawSql"], picked).fetchall()
        assert all(not any(row) for row in rows), (uid, title, rows)


def _formats(sql: str) -> list[str]:
    return [one for one in ("${account:sqlstring}", "${rule:regex}", "${role:regex}") if one in sql]


def test_the_figures_are_the_runs(ledger: str) -> None:
    """Two accounts are contained, a third was wrongly; 8 USD an hour are held off since; one case was right."""
    figures = {title: target["rawSql"] for uid, title, target in sql_targets() if (uid, title) in _COUNTED}
    with as_reader(ledger) as connection:
        found = {title: asked(connection, sql, values()).scalar_one() for title, sql in figures.items()}
    assert found["Accounts contained"] == 2
    assert float(found["Overturned"]) == pytest.approx(1 / 3)
    assert found["Alerts that were right"] == 1
    assert found["Time to contain"] < 10
    assert found["Spend held off (estimate)"] == pytest.approx(8 * 1.5, rel=0.1)  # an hour and a half


_COUNTED = {("tipstaff-month", title) for title in ("Accounts contained", "Overturned", "Alerts that were right",
                                                    "Time to contain", "Spend held off (estimate)")}  # fmt: skip
