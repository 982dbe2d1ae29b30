"""Quix Streams: JSON decoded, one counter an account. Runs in an environment of its own."""

from __future__ import annotations

import tempfile
from typing import Any

from on_kafka.asked import Asked, asked
from on_kafka.meter import Meter
from quixstreams import Application, State  # type: ignore[import-not-found]


def run(task: Asked) -> None:
    """Until the last record. Its changelog topic is left out: what it keeps would not outlive the machine."""
    meter, seen = Meter(), 0
    with tempfile.TemporaryDirectory() as folder:
        app = Application(broker_address=task.bootstrap, consumer_group=task.group, auto_offset_reset="earliest",
                          state_dir=folder, use_changelog_topics=False, loglevel="ERROR")  # fmt: skip
        frame = app.dataframe(app.topic(task.topic, value_deserializer="json"))

        def count(_event: Any, state: State) -> None:
            nonlocal seen
            seen += 1
            if seen == 1:
                meter.begin()
            state.set("count", state.get("count", 0) + 1)
            if seen == task.records:
                meter.end(seen)
                app.stop()

        frame.update(count, stateful=True)
        app.run()


if __name__ == "__main__":
    run(asked())
