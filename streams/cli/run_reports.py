"""`tipstaff run --enforce --reports-port`: people's reports, taken beside an embedded run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from streams.cli.screen import Failed, err, safe
from streams.enforcement.people.person import Person

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from streams.cli.run_acting import RunActing


def reports_taken(acting: RunActing | None, port: int | None, data_dir: Path,
                  registry: CollectorRegistry) -> AbstractContextManager[None]:  # fmt: skip
    """Take reports while the block runs, where enforcement and a port are given. Raises Failed."""
    if acting is None:
        if port is not None:
            raise Failed("--reports-port is for --enforce: give that too")
        return nullcontext()
    return _taken(acting, port, data_dir, registry)


@contextmanager
def _taken(acting: RunActing, port: int | None, data_dir: Path, registry: CollectorRegistry) -> Iterator[None]:
    from streams.cli.kafka import settings_from
    from streams.serving.beside import beside
    from streams.serving.health import CannotListen  # HTTP takes a tenth of a second to load
    from streams.web.intake.opening import Behind, CannotOpen, open_intake
    from streams.web.intake.settings import IntakeSettings

    settings = settings_from(IntakeSettings, port=port)
    if settings.port is None:
        yield
        return
    one = acting.acting
    behind = Behind(lambda line: one.obeying.obey(line, acting.now_ms()), acting.now_ms, lambda: _people(acting),
                    lambda: one.enforcer.in_force.clauses, registry, _Telling().tell)  # fmt: skip
    try:
        with beside(open_intake(settings, data_dir, behind), "intake") as address:
            err.print(f"taking people's reports at http://{address}/", markup=False)
            yield
    except (CannotOpen, CannotListen) as error:
        raise Failed(safe(str(error))) from None


def _people(acting: RunActing) -> Mapping[str, Person]:
    from streams.enforcement.obeying.obey import known_people

    with acting.acting.enforcer.ledger.reading() as tx:
        return known_people(tx)


class _Telling:
    """Warns of a trouble once, until another comes."""

    def __init__(self) -> None:
        self._told = ""

    def tell(self, trouble: str) -> None:
        if trouble != self._told:
            err.print(f"warning: reports: {safe(trouble)}", markup=False)
        self._told = trouble
