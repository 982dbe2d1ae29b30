-- The role that Grafana reads the ledger with: schema `shown` alone, never a table. Run it once in the ledger's
-- database, before or after the first `tipstaff enforce` (which makes the schema), as one who may make roles:
--     psql "$LEDGER_URL" -f dashboards/postgres/reader.sql
-- then give it a password (psql: \password tipstaff_grafana). Running it again changes nothing.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tipstaff_grafana') THEN
    CREATE ROLE tipstaff_grafana LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS
      CONNECTION LIMIT 20;
  END IF;
  ALTER ROLE tipstaff_grafana SET default_transaction_read_only = on;
  ALTER ROLE tipstaff_grafana SET statement_timeout = '30s';
  ALTER ROLE tipstaff_grafana SET search_path = shown;
  IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'shown') THEN
    GRANT USAGE ON SCHEMA shown TO tipstaff_grafana;
    GRANT SELECT ON ALL TABLES IN SCHEMA shown TO tipstaff_grafana;
  END IF;
END $$;
