"""Grafana's dashboards as code: a file per board, and what boards are made of."""
