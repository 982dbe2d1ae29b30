"""compose.yaml: closed, whole, and of commands and files that there are."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typed_commands import refusal

from streams.enforcement.guards.switch import switch_problems
from streams.enforcement.sinks.declared import read_routes

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
    """secrets.sh makes each; git ignores them; no setting holds one but the hash key, which comes from outside."""
    script, ignored = (_DEPLOY / "compose" / name for name in ("secrets.sh", ".gitignore"))
    for name, secret in _COMPOSE["secrets"].items():
        assert secret == {"file": f"./compose/secrets/{name}"}
        assert name in script.read_text()
    assert ignored.read_text().split() == ["secrets/", ".env"]
    for one in _SERVICES.values():
        held = {key: value for key, value in one.get("environment", {}).items()
                if re.search("PASSWORD|TOKEN|KEY", key) and not str(value).startswith("/run/secrets/")}  # fmt: skip
        assert set(held) <= {"TIPSTAFF_HASH_KEY"}
        assert all(value.startswith("${TIPSTAFF_HASH_KEY:?") for value in held.values())


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
