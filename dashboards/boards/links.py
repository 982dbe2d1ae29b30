"""Where a click leads: to the rule, to the account, to the case, to the runbook."""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.builders.dashboard import DashboardLink as LinkBuilder
from grafana_foundation_sdk.models.dashboard import DashboardLink, DashboardLinkType

TAG = "tipstaff"
"""Every board has it: the links above a board lead to all others that do."""

_SAME = "${__url_time_range}&${prometheus:queryparam}&${ledger:queryparam}&${job:queryparam}"


@dataclass(frozen=True)
class Link:
    """A title and where it leads."""

    title: str
    url: str

    def build(self) -> DashboardLink:
        """As a panel has it; it opens in the same window, so that one can go back."""
        return LinkBuilder(self.title).url(self.url).type(DashboardLinkType.LINK).target_blank(False).build()

    def as_data(self) -> dict[str, object]:
        """As one column of a table has it."""
        return {"title": self.title, "url": self.url, "targetBlank": False}


def to_board(title: str, uid: str, **variables: str) -> Link:
    """Another board with these variables, over the same time, of the same data sources."""
    given = "".join(f"var-{name}={value}&" for name, value in variables.items())
    return Link(title, f"/d/{uid}?{given}{_SAME}")


def _in_column(name: str) -> str:
    return f"${{__data.fields.{name}:percentencode}}"


RULE = to_board("Detections of ${__field.labels.rule}", "tipstaff-detection", rule="${__field.labels.rule}")
"""From a series with a label `rule`."""

RUNBOOK = Link("Runbook of ${__field.labels.rule}", "${runbooks}/${__field.labels.rule}.md")

RULE_OF_ROW = to_board("Detections of this rule", "tipstaff-detection", rule=_in_column("rule"))
"""From a row with a column `rule`."""

RUNBOOK_OF_ROW = Link("Runbook of this rule", f"${{runbooks}}/{_in_column('rule')}.md")
CLAUSE = to_board("Detections under ${__field.labels.clause}", "tipstaff-detection",
                  clause="${__field.labels.clause}")  # fmt: skip
ACCOUNT = to_board("This account", "tipstaff-account", account=_in_column("account_id"))
"""From a row with a column `account_id`."""

PIPELINE = to_board("Pipeline", "tipstaff-pipeline")
ENFORCEMENT = to_board("Enforcement", "tipstaff-enforcement")
CASES = to_board("Cases", "tipstaff-cases")
CASES_OF_ROLE = to_board("Cases of this role", "tipstaff-cases", role="${__field.labels.role}")


def to_all() -> LinkBuilder:
    """The links above a board: to every other one, over the same time, of the same variables."""
    return (LinkBuilder("tipstaff").type(DashboardLinkType.DASHBOARDS).tags([TAG]).icon("external link")
            .include_vars(True).keep_time(True).as_dropdown(False).target_blank(False))  # fmt: skip
