"""Who reads the same events, and how."""

from __future__ import annotations

from dataclasses import dataclass

YARDSTICK = "Faust, empty agent per event"
WHOLE = "tipstaff, shipped pack, alerts sent"
HOPPING = "Flink SQL, 60 s by 10 s, ten sums"


@dataclass(frozen=True)
class Contender:
    """A module of this folder, run in a process of its own.

    slow: reads the shorter topic. environment: one of `environments.PACKAGES`; tipstaff's own where None.
    times: how often; the run with the least CPU counts.
    """

    name: str
    module: str
    variant: str = ""
    slow: bool = False
    environment: str | None = None
    times: int = 1


CONTENDERS = (
    Contender(YARDSTICK, "faust_agents", "raw", slow=True),
    Contender("Faust, empty agent, JSON decoded", "faust_agents", "json", slow=True),
    Contender("Faust, `take(1000)`", "faust_agents", "take", slow=True),
    Contender("tipstaff, empty agent", "empty_worker", times=2),
    Contender(WHOLE, "whole_worker", times=2),
    Contender("aiokafka `getmany` alone", "getmany", times=2),
    Contender("Bytewax, JSON, one counter", "bytewax_counter", environment="bytewax"),
    Contender("Quix Streams, JSON, one counter", "quix_counter", slow=True, environment="quix"),
    Contender("Flink SQL, one count", "flink_sql", "count", environment="flink"),
    Contender(HOPPING, "flink_sql", "hop", environment="flink"),
)
