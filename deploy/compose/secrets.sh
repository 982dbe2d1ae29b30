#!/bin/sh
# Makes what compose.yaml reads from deploy/compose/secrets/, once: root's, readable for the containers' group alone.
# Run as root. A secret that is there already is left as it is.
set -eu
umask 027
cd "$(dirname "$0")"
group=10001
mkdir -p secrets
random() { head -c 32 /dev/urandom | base64 | tr -d '=+/\n'; }
kept() { [ -e "secrets/$1" ] || cat > "secrets/$1"; }
# A hash key that was a setting, as it was once, stays the key: under another one every address is a new one.
if grep -qs '^TIPSTAFF_HASH_KEY=' .env; then
  sed -n 's/^TIPSTAFF_HASH_KEY=//p' .env | kept hash_key
fi
for name in postgres_password ledger_password grafana_db_password grafana_admin_password control_key hash_key \
  pager_token tickets_token; do
  random | kept "$name"
done
[ -e secrets/webhook_key ] || printf 'whsec_%s\n' "$(head -c 32 /dev/urandom | base64)" > secrets/webhook_key
printf '[tipstaff]\nhost=postgres\ndbname=tipstaff\nuser=tipstaff\npassword=%s\n' "$(cat secrets/ledger_password)" \
  > secrets/pg_service.conf
chown -R "root:$group" secrets
chmod 0750 secrets
chmod 0640 secrets/*
