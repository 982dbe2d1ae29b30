"""The chart as Helm renders it: taken by Kubernetes' own schemas, and as closed as it says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typed_commands import refusal

_ROOT = Path(__file__).parents[2]
_CHART = _ROOT / "deploy/helm/tipstaff"
_VALUES = [None, *sorted((Path(__file__).parent / "helm_values").glob("*.yaml"))]
_KUBERNETES = "1.30"
Manifest = dict[str, Any]


def program(name: str) -> str:
    """Where a program is; skips the test where it is nowhere."""
    found = shutil.which(name, path=f"{_ROOT / '.cache/helm'}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"no {name} here: deploy/helm/tools.sh builds it by Go into .cache/helm (make test-chart)")
    return found


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("helm"), *arguments], capture_output=True, text=True, check=False)


@cache
def rendered(values: Path | None) -> str:
    """The manifests of a release in the namespace guard."""
    more = [] if values is None else ["--values", str(values)]
    made = helm("template", "t", str(_CHART), "--namespace", "guard", "--kube-version", f"{_KUBERNETES}.0", *more)
    assert made.returncode == 0, made.stderr
    return made.stdout


def manifests(values: Path | None) -> list[Manifest]:
    return [one for one in yaml.safe_load_all(rendered(values)) if one]


def pods(values: Path | None) -> Iterator[tuple[Manifest, Manifest]]:
    """Each workload and the spec of its pods."""
    for one in manifests(values):
        if one["kind"] in ("StatefulSet", "Deployment", "Job"):
            yield one, one["spec"]["template"]["spec"]


each = pytest.mark.parametrize("values", _VALUES, ids=lambda path: "default" if path is None else path.stem)


def test_the_chart_passes_lint() -> None:
    """Helm's own linter has nothing against it."""
    found = helm("lint", "--strict", str(_CHART))
    assert found.returncode == 0, found.stdout


@each
def test_kubernetes_takes_every_manifest(values: Path | None, tmp_path: Path) -> None:
    """Every manifest of Kubernetes' own kinds is valid by its schemas; an unknown field would not be."""
    own = [one for one in manifests(values) if not one["apiVersion"].startswith("monitoring.coreos.com")]
    (tmp_path / "own.yaml").write_text(yaml.safe_dump_all(own))
    found = subprocess.run([program("kubectl-validate"), str(tmp_path / "own.yaml"), "--version", _KUBERNETES],
                           capture_output=True, text=True, check=False)  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr


@each
def test_no_pod_has_a_right_that_it_needs_not(values: Path | None) -> None:
    """No root, no writable root, no capability, no token, no host; limits of memory; probes on what runs for long."""
    for owner, pod in pods(values):
        safe = pod["securityContext"]
        assert safe["runAsNonRoot"]
        assert safe["runAsUser"] == 10001
        assert safe["seccompProfile"]["type"] == "RuntimeDefault"
        assert pod["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert not any("hostPath" in volume for volume in pod["volumes"])
        for container in pod["containers"]:
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"]
            assert own["allowPrivilegeEscalation"] is False
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"]["cpu"]
            if owner["kind"] != "Job":
                assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)


@each
def test_every_name_leads_somewhere(values: Path | None) -> None:
    """Selectors choose the pods that they are for, mounts have volumes, accounts and services are there."""
    every = manifests(values)
    named = {(one["kind"], one["metadata"]["name"]) for one in every}
    assert len(named) == len(every)
    labels = [owner["spec"]["template"]["metadata"]["labels"] for owner, _ in pods(values)]
    for one in every:
        chosen = one["spec"].get("selector", one["spec"].get("podSelector")) if "spec" in one else None
        if chosen and one["kind"] not in ("ServiceMonitor", "Job"):
            wanted = chosen.get("matchLabels", chosen)
            assert any(wanted.items() <= label.items() for label in labels), one["metadata"]["name"]
    for owner, pod in pods(values):
        assert ("ServiceAccount", pod["serviceAccountName"]) in named
        claims = [claim["metadata"]["name"] for claim in owner["spec"].get("volumeClaimTemplates", [])]
        volumes = {volume["name"] for volume in pod["volumes"]} | set(claims)
        assert {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]} == volumes
        if owner["kind"] == "StatefulSet":
            assert ("Service", owner["spec"]["serviceName"]) in named


@each
def test_what_containers_run_is_a_command(values: Path | None) -> None:
    """The real command line takes each container's arguments, and settings are there once each."""
    for _, pod in pods(values):
        for container in pod["containers"]:
            assert refusal([str(word) for word in container["args"]]) == ""
            names = [one["name"] for one in container["env"]]
            assert len(names) == len(set(names))


def test_workers_keep_their_names() -> None:
    """A worker's instance is its pod's name: with it Kafka gives a restarted one its partitions back."""
    for owner, pod in pods(None):
        if owner["metadata"]["labels"]["app.kubernetes.io/component"] in ("worker", "clusters"):
            instance = next(one for one in pod["containers"][0]["env"] if one["name"] == "TIPSTAFF_WORKER_INSTANCE")
            assert owner["kind"] == "StatefulSet"
            assert instance["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"


@each
def test_whoever_hashes_has_the_key_as_a_file(values: Path | None) -> None:
    """Workers, clusters and bridges read it where it is mounted; nobody else has it, and no setting holds it."""
    for owner, pod in pods(values):
        part = owner["metadata"]["labels"]["app.kubernetes.io/component"]
        told = {one["name"]: one for container in pod["containers"] for one in container["env"]}
        mounts = {mount["mountPath"] for container in pod["containers"] for mount in container["volumeMounts"]}
        assert "TIPSTAFF_HASH_KEY" not in told
        hashes = part in ("worker", "clusters", "bridge")
        assert hashes == ("TIPSTAFF_HASH_KEY_FILE" in told) == ("/etc/tipstaff/hash" in mounts)
        if hashes:
            (volume,) = [one for one in pod["volumes"] if one["name"] == "hash"]
            (item,) = volume["secret"]["items"]
            assert told["TIPSTAFF_HASH_KEY_FILE"]["value"] == f"/etc/tipstaff/hash/{item['path']}"


def test_nothing_acts_unless_said() -> None:
    """As it comes, enforcement is dry and its outer switch off."""
    enforce = next(pod for owner, pod in pods(None) if owner["metadata"]["name"] == "t-enforce")
    assert "--dry" in enforce["containers"][0]["args"]
    switch = next(one for one in manifests(None) if one["metadata"]["name"] == "t-enforce-switch")
    assert yaml.safe_load(switch["data"]["switch.yaml"]) == {"enforcement": False}


def test_who_may_talk_to_whom_is_closed() -> None:
    """A policy holds every pod in both directions, and no rule of it names everybody."""
    policies = [one["spec"] for one in manifests(None) if one["kind"] == "NetworkPolicy"]
    whole = next(one for one in policies if one["policyTypes"] == ["Ingress", "Egress"])
    assert all(rule.get("from") for rule in whole["ingress"])
    assert all(rule.get("to") for rule in whole["egress"])
    chosen = whole["podSelector"]["matchLabels"].items()
    assert all(chosen <= owner["spec"]["template"]["metadata"]["labels"].items() for owner, _ in pods(None))


def test_rules_and_boards_are_in_the_chart() -> None:
    """Every committed rule and dashboard arrives as it stands in dashboards/, and no test of a rule does."""
    every = manifests(_VALUES[1])
    rules = [one["spec"] for one in every if one["kind"] == "PrometheusRule"]
    files = [path for path in (_ROOT / "dashboards/prometheus").glob("*.yaml") if not path.stem.endswith("_test")]
    assert sorted(map(json.dumps, rules)) == sorted(json.dumps(yaml.safe_load(path.read_text())) for path in files)
    assert files
    told = {name: text for one in every if one["kind"] == "ConfigMap" for name, text in one["data"].items()
            if name.endswith(".json")}  # fmt: skip
    boards = {path.name: json.loads(path.read_text()) for path in (_ROOT / "dashboards/grafana").glob("*.json")}
    assert {name: json.loads(text) for name, text in told.items()} == boards


def test_a_packed_chart_needs_no_checkout(tmp_path: Path) -> None:
    """What `helm package` makes renders the same by itself: the links in files/ are followed."""
    assert helm("package", str(_CHART), "--destination", str(tmp_path)).returncode == 0
    packed = next(tmp_path.glob("tipstaff-*.tgz"))
    arguments = ("--namespace", "guard", "--kube-version", f"{_KUBERNETES}.0", "--values", str(_VALUES[1]))
    alone = helm("template", "t", str(packed), *arguments)
    assert list(yaml.safe_load_all(alone.stdout)) == list(yaml.safe_load_all(rendered(_VALUES[1])))


@pytest.mark.parametrize("mistake", ["worker.replica=3", "image.tag=latest", "worker.replicas=0", "enforce.leaseS=60",
                                     "networkPolicy.kafka.peers=null", "worker.env.PATH=/x"])  # fmt: skip
def test_wrong_values_are_refused(mistake: str) -> None:
    """A key that does not exist, a floating tag, what the settings would refuse, a policy that lets everybody."""
    found = helm("template", "t", str(_CHART), "--kube-version", f"{_KUBERNETES}.0", "--set", mistake)
    assert found.returncode != 0
    assert "schema" in found.stderr
