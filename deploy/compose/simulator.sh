#!/bin/sh
# A simulated cloud in real time, from now on: `tipstaff produce` takes files, so the stream is cut every LINES events.
# An event leaves only once its time has come, so none is ahead of its stamp.
set -eu
cd /tmp
start="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
tipstaff simulate - --speed 1 --start "$start" --hours "${HOURS:-168}" --accounts "${ACCOUNTS:-1000}" --rate "${RATE:-50}" \
  | split --lines "${LINES:-500}" --filter 'cat > part.ndjson && tipstaff produce part.ndjson' -
