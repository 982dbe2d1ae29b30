"""Where each view is."""

from __future__ import annotations

from streams.web.office import View
from streams.web.views.account import account
from streams.web.views.action import action
from streams.web.views.actions import actions
from streams.web.views.alert import alert
from streams.web.views.alerts import alerts
from streams.web.views.case import case
from streams.web.views.cases import cases
from streams.web.views.enforcement import enforcement
from streams.web.views.held import held
from streams.web.views.overview import overview
from streams.web.views.reports import reports
from streams.web.views.rule import rule

VIEWS: dict[str, View] = {
    "/": overview, "/alerts": alerts, "/alerts/{alert:[^/]+}": alert, "/accounts/{account:[^/]+}": account,
    "/actions": actions, "/actions/{action:[^/]+}": action, "/held": held, "/cases": cases,
    "/cases/{case:[^/]+}": case, "/reports": reports, "/enforcement": enforcement, "/rules/{rule:[^/]+}": rule,
}  # fmt: skip
"""By path; a name in it stands for one part, which comes URL-encoded and may hold anything, also a slash."""
