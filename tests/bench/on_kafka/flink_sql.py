"""Flink SQL through PyFlink, in a JVM of its own, warm: JSON decoded and counted, or summed over hopping windows."""

from __future__ import annotations

import os
from pathlib import Path

from on_kafka.asked import Asked, asked
from on_kafka.meter import Meter
from pyflink.table import EnvironmentSettings, TableEnvironment  # type: ignore[import-not-found]

JAR = "FLINK_KAFKA_JAR"
"""The variable that names the connector's jar."""

_EVENTS = """
CREATE TABLE {name} (
  id STRING, `time` TIMESTAMP_LTZ(3), type STRING, account_id STRING, api_key_id STRING, plan STRING,
  status INT, input_tokens BIGINT, output_tokens BIGINT, duration_ms BIGINT, cost_usd DOUBLE,
  WATERMARK FOR `time` AS `time` - INTERVAL '10' SECOND
) WITH (
  'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{bootstrap}',
  'properties.group.id' = '{group}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
  'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601'
)"""

_TEN_SUMS = """SUM(input_tokens), SUM(output_tokens), SUM(duration_ms), SUM(cost_usd), SUM(status),
  SUM(input_tokens + output_tokens), SUM(input_tokens * 2), SUM(output_tokens * 2), SUM(duration_ms / 1000), COUNT(*)"""

_JOBS = {
    "count": ("account_id STRING, n BIGINT, PRIMARY KEY (account_id) NOT ENFORCED",
              "SELECT account_id, COUNT(*) FROM {name} WHERE account_id IS NOT NULL GROUP BY account_id"),
    "hop": ("account_id STRING, window_end TIMESTAMP(3), " + ", ".join(f"s{n} DOUBLE" for n in range(10)),
            f"SELECT account_id, window_end, {_TEN_SUMS} FROM TABLE(HOP(TABLE {{name}}, DESCRIPTOR(`time`), "
            "INTERVAL '10' SECOND, INTERVAL '60' SECOND)) GROUP BY account_id, window_start, window_end"),
}  # fmt: skip


def run(task: Asked) -> None:
    """The job twice over the whole topic; the second is measured, from its start to its end."""
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    tables.get_config().set("pipeline.jars", Path(os.environ[JAR]).as_uri())
    tables.get_config().set("parallelism.default", "1")
    columns, query = _JOBS[task.variant]
    tables.execute_sql(f"CREATE TABLE nowhere ({columns}) WITH ('connector' = 'blackhole')")
    tables.execute_sql(_EVENTS.format(name="events", topic=task.topic, bootstrap=task.bootstrap, group=task.group))
    job, meter = f"INSERT INTO nowhere {query.format(name='events')}", Meter()
    for measured in (False, True):
        meter.begin()
        tables.execute_sql(job).wait()
        if measured:
            meter.end(task.records)


if __name__ == "__main__":
    run(asked())
