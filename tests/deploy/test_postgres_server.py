"""The PostgreSQL of deploy/postgres lives as long as the command that it is lent to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

PROGRAM = Path(__file__).parents[2] / "deploy" / "postgres" / "server.py"
URL = "TIPSTAFF_TEST_POSTGRES"
ALONE = {name: value for name, value in os.environ.items() if name != URL}
TELLS = [sys.executable, "-c", f"import os, sys; print(os.environ['{URL}'], flush=True); sys.stdin.read(); sys.exit(3)"]


def lend(command: Sequence[str], *options: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run deploy/postgres/server.py lend to its end."""
    words = [sys.executable, str(PROGRAM), "lend", *map(str, options), "--", *command]
    return subprocess.run(words, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, **more)


def folder_of(url: str) -> Path:
    return Path(str(sa.make_url(url).query["host"]))


@pytest.mark.postgres
def test_a_lent_server_ends_with_the_command() -> None:
    """Lending hands the command's exit code on; its server and data are gone, its log is kept after a failure."""
    done = lend(TELLS, env=ALONE)
    assert done.returncode == 3, done.stderr
    folder = folder_of(done.stdout.strip())
    assert [path.name for path in folder.iterdir()] == ["server.log"]
    assert f"its log is kept: {folder}/server.log" in done.stderr
    assert "database system is shut down" in (folder / "server.log").read_text()
    (folder / "server.log").unlink()
    folder.rmdir()


@pytest.mark.postgres
def test_nothing_is_left_after_a_success() -> None:
    """Where the command went well nothing stays behind, and nothing is said."""
    done = lend([sys.executable, "-c", f"import os; print(os.environ['{URL}'])"], env=ALONE)
    assert (done.returncode, done.stderr) == (0, "")
    assert not folder_of(done.stdout.strip()).exists()


@pytest.mark.postgres
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_lent_server_ends_when_its_lender_is_told_to(number: signal.Signals) -> None:
    """A signal to the lender ends the server too; while it lived it served its user, and asked others for passwords."""
    lender = subprocess.Popen([sys.executable, str(PROGRAM), "lend", "--", *TELLS], env=ALONE, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert lender.stdout
    url = lender.stdout.readline().strip()
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        connection.execute("CREATE ROLE somebody LOGIN PASSWORD 'else'")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(sa.make_url(url).set(username="somebody").render_as_string())
    lender.send_signal(number)
    lender.communicate(timeout=60)
    assert lender.returncode == 128 + number
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    for left in folder_of(url).iterdir():
        left.unlink()
    folder_of(url).rmdir()


def test_a_server_of_ones_own_is_used(tmp_path: Path) -> None:
    """Where the variable is set already, the command gets it as it is, and no server is looked for."""
    done = lend(TELLS, env={"PATH": str(tmp_path), URL: "postgresql://mine/own"})
    assert (done.returncode, done.stdout) == (3, "postgresql://mine/own\n")


def without(folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Lending where no PostgreSQL is installed; programs: shell lines of those that there are."""
    path = folder / "programs"
    path.mkdir()
    for name, line in programs.items():
        (path / name.replace("_", "-")).write_text(f"#!/bin/sh\n{line}\n")
        (path / name.replace("_", "-")).chmod(0o755)
    return lend(TELLS, "--cache", folder / "cache", "--installed", folder / "none", env={"PATH": str(path)})


def test_without_postgres_it_is_skipped_with_the_reason(tmp_path: Path) -> None:
    """Where there is no PostgreSQL and no apt to fetch one, the command is not run, and what to do is said."""
    done = without(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert (
        "skipped, no PostgreSQL here: neither `postgres` and `initdb` nor a way to fetch them: no apt-get"
        in done.stderr
    )
    assert f"{URL}=postgresql://" in done.stderr


def test_a_broken_fetch_is_skipped_and_leaves_no_cache(tmp_path: Path) -> None:
    """Where apt fails its words are shown, and what it left is not taken for PostgreSQL."""
    done = without(tmp_path, apt_get="echo no network >&2; exit 100", apt_cache="", dpkg="")
    assert (done.returncode, done.stdout) == (0, "")
    assert "`apt-get -q update` failed (exit code 100): no network" in done.stderr
    assert list((tmp_path / "cache").iterdir()) == []


def test_apt_without_postgres_is_told(tmp_path: Path) -> None:
    """Where apt offers no server that is the reason for skipping."""
    done = without(tmp_path, apt_get="", apt_cache="", dpkg="")
    assert (done.returncode, done.stdout) == (0, "")
    assert "apt offers no package postgresql-NN" in done.stderr
