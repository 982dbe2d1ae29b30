"""How Prometheus finds the processes of one host, and what is served where containers are scraped."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from command_line import started, tipstaff
from prometheus_client import CollectorRegistry, Gauge
from pydantic import ValidationError

from streams.serving.health import CannotListen, health_server
from streams.serving.health_beside import health_beside
from streams.serving.targets import Scraped, host_port, target_file
from streams.settings import Settings

DEADLINE_S = 60


def well() -> tuple[bool, Mapping[str, Any]]:
    return True, {}


def dead_pid() -> int:
    """The id of a process that was."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return gone.pid


def test_a_target_file_lives_as_long_as_its_process_serves(tmp_path: Path) -> None:
    """The file is whole, names where /metrics is, and goes; what the dead left goes before, what others left stays."""
    folder = tmp_path / "targets"
    folder.mkdir()
    dead, other = folder / f"worker-{dead_pid()}.json", folder / f"worker-{os.getppid()}.json"
    for path in (dead, other, folder / "mine.json"):
        path.write_text("[]")
    registry = CollectorRegistry()
    Gauge("shown", "Shown.", registry=registry).set(7)
    with health_beside(0, well, well, registry, scraped=Scraped("run", folder)) as address:
        mine = folder / f"run-{os.getpid()}.json"
        assert json.loads(mine.read_text()) == [{"targets": [address], "labels": {"component": "run"}}]
        assert sorted(path.name for path in folder.iterdir()) == sorted([mine.name, other.name, "mine.json"])
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
            assert b"shown 7.0" in answer.read()
    assert not mine.exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://{address}/metrics", timeout=5)


def test_a_killed_run_is_found_until_the_next_begins(pack: Path, tmp_path: Path) -> None:
    """A run that has a folder of targets alone serves at a free port; killed, its file goes with the next start."""
    folder = tmp_path / "targets"
    told = {**os.environ, "TIPSTAFF_TARGETS": str(folder)}
    process = started("run", "-", "--pack", pack, "--data-dir", tmp_path / "data", env=told)
    path = folder / f"run-{process.pid}.json"
    try:
        deadline = time.monotonic() + DEADLINE_S
        while not path.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        (target,) = json.loads(path.read_text())
        with urllib.request.urlopen(f"http://{target['targets'][0]}/metrics", timeout=5) as answer:
            assert b'tipstaff_build_info{component="run"' in answer.read()
    finally:
        process.kill()
        process.communicate()
    assert path.exists()
    with target_file(Scraped("worker", folder), "127.0.0.1:1"):
        assert not path.exists()


def test_elsewhere_three_paths_are_served_and_nothing_else() -> None:
    """What a process adds on loopback is not there; any name may be asked for, as containers' names differ."""

    async def ask() -> tuple[dict[str, int], int]:
        async def more(_: web.Request) -> web.Response:
            return web.Response(text="more")

        server = health_server(0, well, well, CollectorRegistry(), [web.get("/more", more)],
                               Scraped("enforce", listen=("127.0.0.2", 0)))  # fmt: skip
        async with server as address, ClientSession() as http:
            port = await asyncio.to_thread(_listening_at, "127.0.0.2")
            found = {}
            for path in ("/healthz", "/readyz", "/metrics", "/more", "/", "/desired", "/metrics/"):
                async with http.get(f"http://127.0.0.2:{port}{path}", headers={"Host": "pod-7:9464"}) as answer:
                    found[path] = answer.status
            async with http.get(f"http://{address}/more") as answer:
                return found, answer.status

    found, on_loopback = asyncio.run(ask())
    assert {path for path, status in found.items() if status == 200} == {"/healthz", "/readyz", "/metrics"}
    assert {found[path] for path in ("/more", "/", "/desired", "/metrics/")} == {404}
    assert on_loopback == 200


def _listening_at(host: str) -> int:
    """The port that this process listens at under an address of loopback, by the system's own table."""
    wanted = "".join(f"{int(part):02X}" for part in reversed(host.split(".")))
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    (port,) = {int(row[1].split(":")[1], 16) for row in rows if row[1].startswith(wanted) and row[3] == "0A"}
    return port


@pytest.mark.parametrize("text", ["9464", ":9464", "host:", "host:70000", "a b:1", "::1:9464", "host:1\n"])
def test_a_bad_place_to_listen_is_said_before_anything_starts(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """TIPSTAFF_METRICS_LISTEN is HOST:PORT; what is none is refused with an example."""
    monkeypatch.setenv("TIPSTAFF_METRICS_LISTEN", text)
    with pytest.raises(ValidationError, match="HOST:PORT"):
        Settings()
    told = tipstaff("run", "-")
    assert (told.code, "TIPSTAFF_METRICS_LISTEN" in told.err) == (1, True)


def test_places_to_listen() -> None:
    """An IPv6 address stands in brackets; empty settings are none."""
    assert [host_port(text) for text in ("0.0.0.0:9464", "[::]:1", "pod:0")] == [
        ("0.0.0.0", 9464), ("::", 1), ("pod", 0)]  # fmt: skip
    scraped = Settings(targets="", metrics_listen="").scraped("run")  # type: ignore[arg-type]
    assert (scraped.wanted, scraped) == (False, Scraped("run"))


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The error names the setting, the folder and what to do, also in a thread of its own."""
    (tmp_path / "file").write_text("")
    scraped = Scraped("run", tmp_path / "file")
    with (
        pytest.raises(CannotListen, match=r"TIPSTAFF_TARGETS: .*file: .* Name a folder"),
        health_beside(0, well, well, CollectorRegistry(), scraped=scraped),
    ):
        raise AssertionError("it serves")
