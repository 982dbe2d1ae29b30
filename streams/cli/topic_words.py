"""Steps on topics in words, and as documents."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from streams.quantities import span
from streams.worker.topics.drift import Configure, Create, Step

_MIB = 1024 * 1024
_ENDLESS = 100 * 365 * 86_400_000  # ms; longer is for ever

HEAD = ("", "topic", "what", "is", "should be", "why, and what to do")
"""The head of a table of steps."""


def row(step: Step) -> tuple[str, ...]:
    """A step as a table's row."""
    if isinstance(step, Create):
        topic = step.topic
        size = f"{_many(topic.partitions, 'partition')}, {_many(topic.replication, 'replica')}"
        return "create", topic.name, "topic", "missing", f"{size}, {_kept(topic.configs)}", ""
    is_now, wanted = (value(step.what if not isinstance(step, Configure) else step.key, text)
                      for text in (step.was, step.wanted))  # fmt: skip
    if isinstance(step, Configure):
        return "set", step.name, step.key, is_now, wanted, ""
    return "left alone", step.name, step.what, is_now, wanted, f"{step.why}; {step.to_do}"


def document(step: Step) -> dict[str, Any]:
    """A step for a program: `action` is create, configure or leave."""
    if isinstance(step, Create):
        return {"action": "create", "topic": step.topic.name, "partitions": step.topic.partitions,
                "replication": step.topic.replication, "configs": dict(step.topic.configs)}  # fmt: skip
    parts = asdict(step)
    name = parts.pop("name")
    what = parts.pop("key" if isinstance(step, Configure) else "what")
    return {"action": "configure" if isinstance(step, Configure) else "leave", "topic": name, "what": what, **parts}


def value(key: str, text: str) -> str:
    """A setting's value with its unit."""
    if not text.lstrip("-").isdigit():
        return text
    if key.endswith(".ms"):
        return span(int(text)) if 0 <= int(text) < _ENDLESS else "no limit"
    if key.endswith(".bytes"):
        return "no limit" if int(text) < 0 else f"{int(text) / _MIB:g} MiB" if int(text) >= _MIB else f"{int(text):,} B"
    return text


def _kept(configs: Any) -> str:
    if configs["cleanup.policy"] == "compact":
        return "the newest of each key kept"
    if configs["retention.ms"] == "-1":
        return "kept for ever, with the producers' stamps"
    return f"kept for {value('retention.ms', configs['retention.ms'])}"


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
