"""A ledger that cannot be opened is refused with a reason, and without its password."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from ledger_urls import bare, engine_of, postgres_url

from streams.enforcement.ledger.opening import LedgerRefused, in_file, open_ledger

SECRET = "tr0ub4dor"
LOCKED = f"locked_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
"""A user of this test process: users belong to the whole server."""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"postgresql//u:{SECRET}@host/db", "cannot be read"),
        (f"postgresql://u:x@y:{SECRET}@host/db", "cannot be read"),
        (f"postgresql://u:secret@host:{SECRET}/db", "cannot be read"),
        (f"{SECRET}", "cannot be read"),
        (f"mysql://u:{SECRET}@host/db", "cannot be in 'mysql'"),
        (f"sqlite+aiosqlite:///{SECRET}", r"cannot be in 'sqlite\+aiosqlite'"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_wrong_url_is_refused_without_its_password(url: str, why: str) -> None:
    """An URL that is none, or not of a kind that tipstaff uses, is refused with the forms that are."""
    with pytest.raises(LedgerRefused, match=why) as refused:
        open_ledger(url)
    assert "sqlite:///FILE" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("given", [f"u:{SECRET}@", "u@"])
def test_a_server_that_is_not_there_is_told_without_the_password(given: str, tmp_path: Path) -> None:
    """Where nobody listens the refusal names the place, not the password, wherever in the URL it stood."""
    with pytest.raises(LedgerRefused, match="cannot be opened") as refused:
        open_ledger(f"postgres://{given}/db?host={tmp_path}&password={SECRET}")
    assert str(tmp_path) in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.fixture
def locked_url() -> Iterator[str]:
    """The URL of a user that needs a password, which is in it, and may make no tables in an empty database."""
    url = postgres_url()
    bare(url)
    _run(url, f"CREATE ROLE {LOCKED} LOGIN PASSWORD '{SECRET}'", f"GRANT USAGE ON SCHEMA public TO {LOCKED}")
    yield sa.make_url(url).set(username=LOCKED, password=SECRET).render_as_string(hide_password=False)
    _run(url, f"DROP OWNED BY {LOCKED}", f"DROP ROLE {LOCKED}")


def _run(url: str, *statements: str) -> None:
    with engine_of(url).begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def _lets_in(url: str) -> bool:
    try:
        engine_of(url).connect().close()
    except sa.exc.OperationalError:
        return False
    return True


@pytest.mark.postgres
def test_a_wrong_password_is_told_and_not_shown(locked_url: str) -> None:
    """A password that is not the user's is refused by the server, and stands nowhere in what is said of it."""
    wrong = locked_url.replace(SECRET, "guessed")
    if _lets_in(wrong):
        pytest.skip("this server asks nobody for a password")
    with pytest.raises(LedgerRefused, match="password authentication failed") as refused:
        open_ledger(wrong)
    assert "guessed" not in str(refused.value)


@pytest.mark.postgres
def test_a_user_without_rights_is_told_so(locked_url: str) -> None:
    """A user who may connect but make no tables is refused with the server's words."""
    with pytest.raises(LedgerRefused, match="permission denied") as refused:
        open_ledger(locked_url)
    assert SECRET not in str(refused.value)


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_told() -> None:
    """The refusal names the database that does not exist."""
    with pytest.raises(LedgerRefused, match='database "nowhere" does not exist'):
        open_ledger(sa.make_url(postgres_url()).set(database="nowhere").render_as_string(hide_password=False))


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    """Where the ledger's folder cannot be made the refusal names the file."""
    (tmp_path / "file").touch()
    with pytest.raises(LedgerRefused, match=r"cannot be opened: (Not a directory|File exists)") as refused:
        open_ledger(in_file(tmp_path / "file" / "ledger.db"))
    assert "ledger.db" in str(refused.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    """Where the ledger's folder may not be written to, it is refused with that reason."""
    tmp_path.chmod(0o500)
    with pytest.raises(LedgerRefused, match="cannot be opened: Permission denied"):
        open_ledger(in_file(tmp_path / "ledger.db"))


def test_a_file_that_is_no_ledger_is_told(tmp_path: Path) -> None:
    """A file of something else is refused and stays as it is."""
    (tmp_path / "ledger.db").write_text("a letter to my aunt\n" * 100)
    with pytest.raises(LedgerRefused, match="file is not a database"):
        open_ledger(in_file(tmp_path / "ledger.db"))
    assert (tmp_path / "ledger.db").read_text().startswith("a letter")


def test_only_its_owner_reads_a_ledger_in_a_file(tmp_path: Path) -> None:
    """The file, and what SQLite writes beside it, are their owner's alone, whatever the umask says."""
    before = os.umask(0)
    try:
        ledger = open_ledger(in_file(tmp_path / "new" / "ledger.db"))
        with ledger.reading() as tx:
            tx.rows(sa.select(sa.literal(1)))
            found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
        ledger.close()
    finally:
        os.umask(before)
    assert found == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}
