"""Labels say what every account does; facts say what an operator knows of it."""

from __future__ import annotations

import csv
import io
import json

import polars as pl

from streams.simulator import Cloud, Label
from streams.simulator.facts import as_ndjson
from streams.simulator.labels import as_csv


def test_labels_cover_every_account(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """Every account seen has exactly one label a clause."""
    named = [(label.account_id, label.clause) for label in day_labels]
    assert len(set(named)) == len(named)
    assert set(day["account_id"]) <= {account for account, _ in named}


def test_labels_after_blocks_and_alone_are_the_same() -> None:
    """What is noted while blocks are made is what is drawn for labels alone."""
    made, alone = Cloud(hours=3, scale=0.3), Cloud(hours=3, scale=0.3)
    for number in range(made.blocks):
        made.block(number)
    assert made.labels() == alone.labels()


def test_victims_are_told_from_abusers(day_labels: list[Label]) -> None:
    """Holders of stolen keys and of accounts taken over are victims, nobody else is."""
    assert {label.name for label in day_labels if label.victim} == {"stolen key", "account taken over"}


def test_labels_as_csv(day_labels: list[Label]) -> None:
    """The head is as agreed, times are RFC 3339, the clause of honest accounts is empty."""
    cloud = Cloud(seed=11, hours=26, scale=0.4)
    rows = list(csv.DictReader(io.StringIO(as_csv(cloud.label_frame()).decode())))
    assert list(rows[0]) == ["account_id", "clause", "start", "end", "name", "workload_id", "end_user_id", "api_key_id"]
    assert [(row["account_id"], row["clause"]) for row in rows] == [(la.account_id, la.clause) for la in day_labels]
    assert all(row["start"].endswith("Z") and row["start"] <= row["end"] for row in rows)
    assert {row["end_user_id"] for row in rows if row["name"] == "one end user of an app"} != {""}


def test_facts_of_most_accounts() -> None:
    """About 98 % of the accounts have facts, and none has them twice or is a stranger."""
    cloud = Cloud(hours=1, accounts=20_000)
    known, accounts = pl.concat(cloud.facts()), cloud.label_frame()["account_id"].unique()
    assert cloud.accounts == len(accounts) == 20_000
    assert known["account_id"].is_unique().all()
    assert known["account_id"].is_in(accounts.implode()).all()
    assert abs(known.height / 20_000 - 0.98) < 0.005


def test_what_facts_hold() -> None:
    """Types and units as agreed; what is unknown is absent; plans differ in what they spend and who depends on them."""
    cloud = Cloud(hours=1, accounts=3_000)
    rows = [json.loads(line) for known in cloud.facts() for line in as_ndjson(known).splitlines()]
    always = {"account_id": str, "plan": str, "created_at": str, "tenure_days": int, "spend_usd_90d": float,
              "contract": bool, "dependants": int}  # fmt: skip
    assert all(isinstance(row[name], kind) for row in rows for name, kind in always.items())
    assert all(None not in row.values() and row["tenure_days"] >= 0 for row in rows)
    contacts = [row["owner_contact"] for row in rows if "owner_contact" in row]
    assert 0.85 < len(contacts) / len(rows) < 0.99
    assert all(contact.endswith(".example") for contact in contacts)
    assert 0 < sum("allow_listed_until" in row for row in rows) < 0.02 * len(rows)
    spent = {
        plan: sorted(row["spend_usd_90d"] for row in rows if row["plan"] == plan) for plan in ("trial", "enterprise")
    }
    assert spent["trial"][len(spent["trial"]) // 2] < 20 < 2_000 < spent["enterprise"][len(spent["enterprise"]) // 2]
