"""compose.yaml: closed, whole, and of commands and files that there are."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typed_commands import refusal

from streams.enforcement.guards.switch import switch_problems
from streams.enforcement.sinks.declared import read_routes
from streams.settings import Settings

_DEPLOY = Path(__file__).parents[2] / "deploy"
_COMPOSE = yaml.safe_load((_DEPLOY / "compose.yaml").read_text())
_SERVICES: dict[str, Any] = _COMPOSE["services"]
_OURS = sorted(name for name, one in _SERVICES.items() if one["image"].startswith("tipstaff:"))
_PINNED = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?(@sha256:[0-9a-f]{64})?")


@pytest.mark.parametrize("name", sorted(_SERVICES))
def test_a_container_has_no_right_that_it_needs_not(name: str) -> None:
    """No root, no writable root, no capability, nothing gained; a pinned image; health is looked at."""
    one = _SERVICES[name]
    uid, gid = one["user"].split(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(one)
    assert _PINNED.fullmatch(one["image"])
    assert "healthcheck" in one or name in _OURS  # the image's own


def test_nothing_listens_beyond_this_machine() -> None:
    """Every port is published on loopback, by a container that is in the one network that can."""
    for name, one in _SERVICES.items():
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", []))
        assert not one.get("ports") or "shown" in one["networks"], name
        assert one.get("network_mode", "service:enforce") == "service:enforce"
    assert _COMPOSE["networks"]["inside"] == {"internal": True}


def test_every_name_leads_somewhere() -> None:
    """Mounted files exist, volumes, networks and secrets are declared, whoever is waited for can be."""
    once = {name for name, one in _SERVICES.items() if one["restart"] == "no"}
    for one in _SERVICES.values():
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            assert (_DEPLOY / source).exists() if source.startswith(".") else source in _COMPOSE["volumes"]
            assert not source.startswith(".") or volume.endswith(":ro")
        assert set(one.get("networks", [])) <= set(_COMPOSE["networks"])
        for secret in one.get("secrets", []):
            assert (secret if isinstance(secret, str) else secret["source"]) in _COMPOSE["secrets"]
        for other, how in one.get("depends_on", {}).items():
            assert (how["condition"] == "service_completed_successfully") == (other in once)


def test_secrets_are_files_that_are_made_and_never_committed() -> None:
    """secrets.sh makes each; git ignores them; no setting holds one."""
    script, ignored = (_DEPLOY / "compose" / name for name in ("secrets.sh", ".gitignore"))
    for name, secret in _COMPOSE["secrets"].items():
        assert secret == {"file": f"./compose/secrets/{name}"}
        assert name in script.read_text()
    assert ignored.read_text().split() == ["secrets/", ".env"]
    for one in _SERVICES.values():
        for key, value in one.get("environment", {}).items():
            assert not re.search("PASSWORD|TOKEN|KEY", key) or str(value).startswith("/run/secrets/")


def test_whoever_hashes_has_the_key_and_nobody_else() -> None:
    """Workers, clusters, the simulator's `produce` and people's own commands hash; what enforces does not."""
    named = {name for name, one in _SERVICES.items()
             if one.get("environment", {}).get("TIPSTAFF_HASH_KEY_FILE") == "/run/secrets/hash_key"}  # fmt: skip
    assert named == {name for name, one in _SERVICES.items() if "hash_key" in one.get("secrets", [])}
    assert named == {"worker-1", "worker-2", "clusters", "simulator", "cli"}


@pytest.fixture
def compose_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with secrets.sh, where nobody need be root."""
    shutil.copy(_DEPLOY / "compose/secrets.sh", tmp_path)
    stand_in = tmp_path / "bin/chown"
    stand_in.parent.mkdir()
    stand_in.write_text("#!/bin/sh\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def made(folder: Path) -> dict[str, str]:
    """What secrets.sh leaves, by name."""
    subprocess.run(["/bin/sh", str(folder / "secrets.sh")], check=True)
    return {path.name: path.read_text() for path in (folder / "secrets").iterdir()}


def test_secrets_are_made_once(compose_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every secret that compose names, none like another, each as it was at a second run; the hash key is one."""
    first = made(compose_folder)
    assert set(_COMPOSE["secrets"]) <= set(first)
    assert len(set(first.values())) == len(first)
    assert made(compose_folder) == first
    monkeypatch.setenv("TIPSTAFF_HASH_KEY_FILE", str(compose_folder / "secrets/hash_key"))
    monkeypatch.delenv("TIPSTAFF_HASH_KEY", raising=False)
    assert Settings().hash_key == first["hash_key"]
    assert len(first["hash_key"]) >= 16


def test_a_hash_key_that_was_a_setting_stays_the_key(compose_folder: Path) -> None:
    """What stands in .env is taken over: under another key every address is a new one."""
    (compose_folder / ".env").write_text("TIPSTAFF_HASH_KEY=kept=as/it+was\n")
    assert made(compose_folder)["hash_key"] == "kept=as/it+was\n"


@pytest.mark.parametrize("name", sorted({*_OURS} - {"simulator"}))
def test_what_our_containers_run_is_a_command(name: str) -> None:
    """The real command line takes it, and its secrets' files are among those that the container has."""
    one = _SERVICES[name]
    assert refusal(one["command"]) == ""
    used = re.findall(r"/run/secrets/([\w.]+)", json.dumps([one["command"], one.get("environment", {})]))
    if "SINKS" in json.dumps(one.get("environment", {})) and name != "ledger":
        used += re.findall(r"/run/secrets/([\w.]+)", (_DEPLOY / "compose/sinks.yaml").read_text())
    missing = set(used) - set(one.get("secrets", []))
    assert missing <= ({"control_key"} if name in ("topics", "ledger", "simulator") else set())


def test_the_simulator_streams_what_produce_takes() -> None:
    """Each script is one that sh can read; both commands of the simulator's are ones that there are."""
    for script in sorted((_DEPLOY / "compose").glob("*.sh")):
        subprocess.run(["/bin/sh", "-n", str(script)], check=True)
    text = (_DEPLOY / "compose/simulator.sh").read_text()
    assert (
        refusal(
            [
                "simulate",
                "-",
                "--speed",
                "1",
                "--start",
                "2026-03-02T00:00:00Z",
                "--hours",
                "1",
                "--accounts",
                "300",
                "--rate",
                "5",
            ]
        )
        == ""
    )
    options = set(re.findall(r"--[a-z]+", text.partition("tipstaff simulate")[2].partition("\n")[0]))
    assert options == {"--speed", "--start", "--hours", "--accounts", "--rate"}
    assert "tipstaff produce part.ndjson" in text


def test_what_is_scraped_is_what_runs() -> None:
    """Prometheus is told of each of our processes that go on, by its component; and all of its files are there."""
    named = {target.split(":")[0]: one["labels"]["component"]
             for one in json.loads((_DEPLOY / "compose/targets/compose.json").read_text())
             for target in one["targets"]}  # fmt: skip
    assert {name: _SERVICES[name]["command"][0] for name in named} == named
    assert set(named) == {name for name in _OURS if _SERVICES[name]["restart"] != "no"} - {"receiver", "simulator"}
    mounted = {volume.split(":")[1] for volume in _SERVICES["prometheus"]["volumes"]}
    config = Path("/etc/tipstaff/deploy/prometheus")
    told = yaml.safe_load((_DEPLOY / "prometheus/prometheus.yml").read_text())
    read = [*told["rule_files"], *told["alerting"]["alertmanagers"][0]["file_sd_configs"][0]["files"],
            *told["scrape_configs"][0]["file_sd_configs"][0]["files"]]  # fmt: skip
    for name in read:
        path = Path(*(config / name).parts)
        resolved = Path("/" + "/".join(_resolved(path.parts[1:])))
        assert str(resolved) in mounted or str(resolved.parent) in mounted, name


def test_sinks_and_switch_are_ones_that_enforcement_takes() -> None:
    """What the enforce container reads is whole; the switch is off, and actions have somewhere to go."""
    routes = read_routes(_DEPLOY / "compose/sinks.yaml")
    assert list(routes.events) == ["receiver"]
    switch = yaml.safe_load((_DEPLOY / "compose/switch/switch.yaml").read_text())
    assert switch == {"enforcement": False}
    assert list(switch_problems({"enforcement": "off"})) == []


def _resolved(parts: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for part in parts:
        if part == "..":
            found.pop()
        else:
            found.append(part)
    return found
