"""Pipeline: throughput, lag, memory, snapshots."""

from __future__ import annotations

from dashboards.boards import variables as pick
from dashboards.boards.board import Board, Row
from dashboards.boards.grading import worse_above
from dashboards.boards.panels import bars, figure, trend
from dashboards.boards.queries import now, over_time, table_now
from dashboards.boards.sheets import Column, sheet
from dashboards.boards.standing_figures import LAG_GATE_S

_OURS = 'and on (instance, job) tipstaff_build_info{job=~"$job"}'
"""A job may hold other processes than ours."""

_MEMORY = 'process_resident_memory_bytes{job=~"$job"} ' + _OURS

_GLANCE = Row(4, [
    figure("Events", "Events taken in per second.",
           over_time('sum(rate(tipstaff_events_total{job=~"$job"}[$__rate_interval]))'), "eps"),
    figure("Lag", "Age of the newest record taken in, of the slowest partition with unread ones; 0 s when everything "
           "is read. Above 15 min no account is restricted automatically.",
           over_time('max(tipstaff_lag_seconds{job=~"$job"})'), "s", worse_above(60, LAG_GATE_S), none="no worker"),
    figure("Standing still", "How long ago the slowest live process last settled a chunk or found nothing to read. A "
           "stuck worker's grows.",
           over_time("""max(time() - tipstaff_progress_time_seconds{job=~"$job"}
               and on (instance, job) tipstaff_live{job=~"$job"} == 1)"""), "s", worse_above(60, 300),
           none="nothing live"),
    figure("Dead letters", "Records in the time range that could not be read: `tipstaff dead-letters list`.",
           now('sum(increase(tipstaff_dead_letters_total{job=~"$job"}[$__range]))'), "short", worse_above(1, 1000)),
    figure("Lost records", "Records in the time range that were gone before they were read.",
           now('sum(increase(tipstaff_lost_records_total{job=~"$job"}[$__range]))'), "short", worse_above(None, 1),
           none="no worker"),
    figure("Memory", "Resident memory of all processes together.",
           over_time(f"sum({_MEMORY})"), "bytes"),
    figure("Oldest snapshot", "Age of the oldest partition's newest snapshot: how much is read again after a crash.",
           over_time('max(time() - (tipstaff_snapshot_time_seconds{job=~"$job"} > 0))'), "s", worse_above(300, 1800),
           none="none yet"),
    figure("Processes", "Processes of tipstaff that are scraped.",
           over_time('count(tipstaff_build_info{job=~"$job"})'), "short"),
])  # fmt: skip

_THROUGHPUT = Row(8, [
    trend("Events by type", "Events taken in per second, by type.",
          [over_time('sum by (type) (rate(tipstaff_events_total{job=~"$job"}[$__rate_interval])) > 0', "{{type}}")],
          "eps", stacked=True),
    trend("Events by outcome", "Per second: on time; late (accepted, its time over 10 min behind its stamp); denied by "
          "us (feeds no feature).",
          [over_time('sum by (outcome) (rate(tipstaff_events_total{job=~"$job"}[$__rate_interval]))', "{{outcome}}")],
          "eps"),
    trend("Dead letters by reason", "Records per second that could not be read, by reason, and fields skipped in those "
          "that could.",
          [over_time('sum by (reason) (rate(tipstaff_dead_letters_total{job=~"$job"}[$__rate_interval])) > 0',
                     "{{reason}}")], "eps"),
    trend("Chunk size", "Events of a chunk: half of the chunks have at most so many, 99 % at most so many.",
          [over_time(f"""histogram_quantile({share}, sum by (le)
              (rate(tipstaff_chunk_events_bucket{{job=~"$job"}}[$__rate_interval])))""", told)
           for share, told in ((0.5, "half"), (0.99, "99 %"))], "short"),
])  # fmt: skip

_TIME = Row(8, [
    trend("Lag by process", "Age of the newest record taken in, by process, of its slowest partition with unread ones.",
          [over_time('tipstaff_lag_seconds{job=~"$job"}', "{{instance}}")], "s", worse_above(60, LAG_GATE_S)),
    trend("Lag in records", "Records that are not read yet, by process.",
          [over_time('tipstaff_lag_records{job=~"$job"}', "{{instance}}")], "short"),
    trend("Stream time behind", "How far stream time is behind the clock, by live process. It follows the records' "
          "stamps: an idle input without heartbeats lets it fall behind.",
          [over_time("""time() - (tipstaff_stream_time_seconds{job=~"$job"} > 0)
              and on (instance, job) tipstaff_live{job=~"$job"} == 1""", "{{instance}}")], "s", worse_above(120, 900)),
    trend("Step time by part", "99 % of a chunk's parts take at most so long: decode, step (fold, evaluate, detect), "
          "clusters, emit, snapshot.",
          [over_time("""histogram_quantile(0.99, sum by (le, part)
              (rate(tipstaff_step_seconds_bucket{job=~"$job"}[$__rate_interval])))""", "{{part}}")], "s"),
])  # fmt: skip

_STATE = Row(8, [
    trend("Memory by process", "Resident memory, by process.",
          [over_time(_MEMORY, "{{instance}}")], "bytes"),
    trend("State", "Bytes that panes and tables take, by process.",
          [over_time('tipstaff_state_bytes{job=~"$job"}', "{{instance}}")], "bytes"),
    bars("Entities, share of the cap", "Entities kept, by kind, as a share of the most that are kept; at 1 the longest "
         "silent are shed.",
         now("""max by (kind) (tipstaff_entities{job=~"$job"} / (tipstaff_entities_cap{job=~"$job"} > 0))""",
             "{{kind}}"), "percentunit", worse_above(0.8, 0.95), most=1),
    trend("Slots in use", "Slots of each block of columns in use, as a share of those allocated.",
          [over_time("""sum by (kind, block) (tipstaff_slots_in_use{job=~"$job"})
              / (sum by (kind, block) (tipstaff_slots{job=~"$job"}) > 0)""", "{{kind}}: {{block}}")], "percentunit",
          most=1),
])  # fmt: skip

_SNAPSHOTS = Row(8, [
    trend("Snapshot age", "Since a partition's newest snapshot.",
          [over_time('time() - (tipstaff_snapshot_time_seconds{job=~"$job"} > 0)',
                     "{{instance}} partition {{partition}}")], "s", worse_above(300, 1800)),
    trend("Snapshot size", "Bytes of a partition's newest snapshot.",
          [over_time('tipstaff_snapshot_bytes{job=~"$job"}', "{{instance}} partition {{partition}}")], "bytes"),
    trend("Snapshot time", "99 % of snapshots take at most so long.",
          [over_time("""histogram_quantile(0.99, sum by (le)
              (rate(tipstaff_snapshot_seconds_bucket{job=~"$job"}[$__rate_interval])))""", "99 %")], "s"),
    trend("CPU", "Processor time used per second, by process; 1 is a whole core.",
          [over_time("""rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval])
              and on (instance, job) tipstaff_build_info{job=~"$job"}""", "{{instance}}")], "short"),
])  # fmt: skip

_REST = Row(8, [
    trend("What accounts share", "Ties kept by the second stage, clusters they make, and ties that wait.",
          [over_time(f'sum({name}{{job=~"$job"}})', told) for name, told in (
              ("tipstaff_ties", "ties"), ("tipstaff_clusters", "clusters"), ("tipstaff_ties_waiting", "waiting"))],
          "short"),
    trend("Shed and late", "Entities and turns shed since the start because a cap was reached, and panes that came too "
          "late to count.",
          [over_time(f'sum({name}{{job=~"$job"}})', told) for name, told in (
              ("tipstaff_shed_entities", "entities shed"), ("tipstaff_shed_turns", "turns shed"),
              ("tipstaff_late_panes", "late panes"))], "short"),
    sheet("Versions", "What runs, with which pack.",
          [table_now('max by (instance, component, version, python, polars) (tipstaff_build_info{job=~"$job"})'),
           table_now('max by (instance, pack) (tipstaff_pack_info{job=~"$job"})')],
          [Column("instance", width=160), Column("component", width=100)],
          hidden=["Time", "Value #A", "Value #B"]),
], [6, 6, 12])  # fmt: skip

BOARD = Board(
    "tipstaff-pipeline", "tipstaff / Pipeline",
    "How much comes in, how late, how large the state is, and its snapshots.",
    [pick.prometheus(), pick.job()], [_GLANCE, _THROUGHPUT, _TIME, _STATE, _SNAPSHOTS, _REST],
)  # fmt: skip
