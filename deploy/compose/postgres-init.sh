#!/bin/sh
# Run by the image once, on an empty volume: the ledger's owner is no superuser, and nobody else may connect.
set -eu
psql -v ON_ERROR_STOP=1 -v "password=$(cat /run/secrets/ledger_password)" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE tipstaff LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE tipstaff OWNER tipstaff;
REVOKE ALL ON DATABASE tipstaff FROM PUBLIC;
SQL
