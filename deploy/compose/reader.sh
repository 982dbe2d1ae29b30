#!/bin/sh
# Grafana's role, after the ledger's schema is there: dashboards/postgres/reader.sql, then its password and the right
# to connect, which nobody has by default here.
set -eu
PGPASSWORD="$(cat /run/secrets/postgres_password)"
export PGPASSWORD
psql -v ON_ERROR_STOP=1 -f /reader.sql
psql -v ON_ERROR_STOP=1 -v "password=$(cat /run/secrets/grafana_db_password)" <<'SQL'
ALTER ROLE tipstaff_grafana PASSWORD :'password';
GRANT CONNECT ON DATABASE tipstaff TO tipstaff_grafana;
SQL
