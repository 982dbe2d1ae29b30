"""How a folder's broker starts: its ports, files and storage, then java."""

from __future__ import annotations

from pathlib import Path

import certificates
from folder import USER, Folder
from jars import HERE, jars, java
from ports import free_ports, refuse_taken
from process import end, format_storage, launch, running, wait_until_it_serves
from properties import facts, server_properties
from trouble import Trouble, say

USUAL_PORT = 9092


def start(folder: Folder, port: int | None, secure: bool, wait: float, cache: Path) -> str:
    """Start the folder's broker, unless it runs; returns its bootstrap address. port 0: any free one."""
    with folder.held():
        known = folder.facts
        pid = running(folder)
        if pid is not None:
            return _already(pid, known, port, secure)
        command = [java(), "-cp", f"{jars(cache)}/*:{HERE}"]
        ports = _ports(known.get("ports", {}), port, secure)
        refuse_taken(list(ports.values()))
        if "SSL" in ports:
            certificates.make(folder.path / "certificates", USER)
        folder.write("server.properties", server_properties(ports, USER, folder.password()))
        folder.write_facts(facts(ports, str(folder.path), USER))
        format_storage(folder, command)
        _launch(folder, command, ports["PLAINTEXT"], wait)
        return f"127.0.0.1:{ports['PLAINTEXT']}"


def _already(pid: int, known: dict[str, object], port: int | None, secure: bool) -> str:
    """The address of a broker that runs, if it is what was asked for."""
    bootstrap = str(known["bootstrap"])
    if (port and bootstrap != f"127.0.0.1:{port}") or (secure and "ssl" not in known):
        raise Trouble(f"it runs already, at {bootstrap} (pid {pid}), but not as asked: stop it first")
    say(f"it runs already (pid {pid})")
    return bootstrap


def _ports(kept: dict[str, int], port: int | None, secure: bool) -> dict[str, int]:
    """Ports by listener: as they were, else free ones; a folder once started with --secure stays so."""
    names = ["CONTROLLER", "SASL_PLAINTEXT", "SSL"] if secure or "SSL" in kept else ["CONTROLLER"]
    any_free, *others = free_ports(1 + len(names))
    plain = any_free if port == 0 else port or kept.get("PLAINTEXT", USUAL_PORT)
    return {"PLAINTEXT": plain, **dict(zip(names, others, strict=True)), **{n: kept[n] for n in names if n in kept}}


def _launch(folder: Folder, command: list[str], port: int, wait: float) -> None:
    """Start it and see it serve, or leave nothing running."""
    process = launch(folder, command)
    try:
        wait_until_it_serves(folder, process, port, wait)
    except BaseException:
        end(folder, kill=True)
        raise
