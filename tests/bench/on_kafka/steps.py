"""Steps done one after the other, each told on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from on_kafka.environments import NotToBeHad
from on_kafka.passes import Failed
from rich.console import Console
from rich.progress import Progress, TaskID

T = TypeVar("T")


class Steps:
    """A line for every step, and a bar of all of them where standard error is a terminal."""

    def __init__(self, progress: Progress, task: TaskID, count: int) -> None:
        self._progress, self._task, self._count, self._done = progress, task, count, 0

    def do(self, name: str, work: Callable[[], T], words: Callable[[T], str]) -> T | str:
        """What a step gives, or why it gives nothing; `words` tells its result."""
        self._progress.update(self._task, description=name)
        begun = time.monotonic()
        found: T | str
        try:
            found = work()
            told = words(found)
        except (Failed, NotToBeHad) as why:
            found = told = str(why)
        self._done += 1
        self._progress.update(self._task, completed=self._done)
        line = f"{self._done:2}/{self._count} {name}: {told} ({time.monotonic() - begun:.0f} s)"
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
        return found


@contextmanager
def steps(count: int) -> Iterator[Steps]:
    """So many steps."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield Steps(progress, progress.add_task("", total=count), count)
