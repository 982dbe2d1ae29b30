"""What a page makes superfluous is silenced by a real Alertmanager, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from ops.prometheus import alertmanager
from ops.shipped import CONFIGS

pytestmark = pytest.mark.ops

WORKER = {"component": "worker"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Alertmanager with the shipped configuration, to which a test posts alerts."""
    with alertmanager(tmp_path_factory.mktemp("silencing"), CONFIGS / "alertmanager.yml") as url:
        yield f"{url}/api/v2/alerts"


@pytest.mark.parametrize(("first", "second", "silenced"), [
    ({"alertname": "TipstaffLag", "severity": "critical"}, {"alertname": "TipstaffLag", "severity": "warning"}, True),
    ({"alertname": "TipstaffLag", "severity": "warning"}, {"alertname": "TipstaffLag", "severity": "critical"}, False),
    ({"alertname": "TipstaffOld", "severity": "critical", "sink": "a"},
     {"alertname": "TipstaffOld", "severity": "warning", "sink": "b"}, False),
    ({"alertname": "TipstaffBurn", "severity": "critical", "slo": "a", "long": "1h"},
     {"alertname": "TipstaffBurn", "severity": "warning", "slo": "a", "long": "1d"}, True),
    ({"alertname": "TipstaffAllDown", "severity": "critical"},
     {"alertname": "TipstaffTargetDown", "severity": "warning"}, True),
    ({"alertname": "TipstaffAllDown", "severity": "critical", "component": "bridge"},
     {"alertname": "TipstaffTargetDown", "severity": "warning"}, False),
])  # fmt: skip
def test_a_page_silences_its_own_ticket(api: str, request: pytest.FixtureRequest, first: dict[str, str],
                                        second: dict[str, str], silenced: bool) -> None:  # fmt: skip
    """The lesser alert of the same thing is silenced while the page stands; of another thing it is not."""
    job = request.node.name  # the cases share one Alertmanager
    alerts = [{"labels": {**WORKER, **one, "job": job}} for one in (first, second)]
    answer = httpx.post(api, json=alerts, trust_env=False)
    assert answer.is_success, answer.text
    asked = [f'{name}="{value}"' for name, value in alerts[1]["labels"].items()]
    told = httpx.get(api, params={"filter": asked}, trust_env=False).json()
    assert [bool(one["status"]["inhibitedBy"]) for one in told] == [silenced]
