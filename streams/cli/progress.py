"""The bar that every long job shows on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from streams.alert_lines import rfc3339
from streams.cli.screen import err

Show = Callable[[int, int, int | None, int | None], None]
"""Events so far, bytes read, bytes in all (None where nobody knows), stream time (ms, None before the first event)."""


@contextmanager
def bar() -> Iterator[Show]:
    """Events/s, stream time and how much is left; nothing where standard error is no terminal."""
    if not err.is_terminal:
        yield lambda _events, _done, _total, _time: None
        return
    texts = (TextColumn("{task.fields[rate]}"), TextColumn("{task.fields[stream]}"))
    columns = (BarColumn(), TaskProgressColumn(), *texts, TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None, rate="", stream="")
        begun = progress.get_time()

        def show(events: int, done: int, total: int | None, time: int | None) -> None:
            rate = f"{events / max(progress.get_time() - begun, 1e-3):,.0f} events/s"
            stream = f"stream time {rfc3339(time)[:19]}Z" if time else ""
            progress.update(task, rate=rate, stream=stream)
            if done:
                progress.update(task, completed=done, total=total)

        yield show
