"""The files of a pack: entries with their places, laid over the shipped ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from features.catalog import Problem, Refused
from features.sql import nearest
from streams.located import Document, Flaw, PackRefused
from streams.pack.learnt import KEYS
from streams.pack.model_file import SUFFIX
from streams.pack.policy_file import PolicyFile

SHIPPED = Path(__file__).resolve().parents[2] / "detectors" / "pack"
"""The pack that comes with tipstaff."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Entry:
    """One declaration and where it stands.

    name: its file's, without the suffix; template: what it was made from, where it is one of many.
    """

    value: Any
    document: Document
    path: tuple[str | int, ...]
    name: str = ""
    template: str = ""

    def key(self, name: str) -> str:
        """What it calls itself under a key."""
        return str(self.value.get(name)) if isinstance(self.value, Mapping) else ""

    def flaw(self, problem: Problem, path: tuple[str | int, ...]) -> Flaw:
        """A problem below this entry."""
        named = self.value if isinstance(self.value, Mapping) else {}
        return self.document.flaw(problem, (*self.path, *path), str(named.get("id") or named.get("name") or ""))


@dataclass(frozen=True)
class PackFiles:
    """All declarations of a pack, the overlay's in place of shipped ones of the same name."""

    features: list[Entry]
    clauses: list[Entry]
    rules: list[Entry]
    labels: list[Entry]
    lists: list[Entry]
    peers: Path | None
    models: list[Entry]
    artifacts: Mapping[str, Path]
    model_keys: Path | None
    policy: PolicyFile
    own_clauses: frozenset[str] = field(default=frozenset())
    without: frozenset[str] = field(default=frozenset())


def read_files(overlay: Path | None, shipped: Path | None = None) -> PackFiles:
    """The shipped pack's files with a folder of one's own laid over them. Raises PackRefused.

    shipped: another machine's shipped pack, where it is not to be ours.
    """
    if overlay and not overlay.is_dir():
        raise PackRefused([Flaw(str(overlay), 1, "there is no such folder", "make one with: tipstaff pack init")])
    folders = [shipped or SHIPPED, *([overlay] if overlay else [])]
    own = {entry.key("id") for entry in _listed(overlay, "clauses")} if overlay else set()
    rules = _laid_over([_folder(folder, "rules", "a rule", "begin with id: …") for folder in folders], "id")
    return PackFiles(
        features=_laid_over([_listed(folder, "features") for folder in folders], "name"),
        clauses=_laid_over([_listed(folder, "clauses") for folder in folders], "id"),
        rules=rules,
        labels=_laid_over([_listed(folder, "labels") for folder in folders], "taxonomy"),
        lists=_laid_over_files([_folder(folder, "lists", "a list", "begin with kind: …") for folder in folders]),
        peers=_last(folders, "peers.json"),
        models=_laid_over([_listed(folder, "models") for folder in folders], "id"),
        artifacts={path.stem: path for folder in folders for path in sorted(folder.glob(f"models/*{SUFFIX}"))},
        model_keys=_last(folders, f"models/{KEYS}"),
        policy=PolicyFile.read([(f / "policy.yaml", _shown(f / "policy.yaml")) for f in folders]),
        own_clauses=frozenset(own),
        without=_without(overlay) if overlay else frozenset(),
    )


def _last(folders: Sequence[Path], name: str) -> Path | None:
    """A file of the topmost folder that has it."""
    return next((folder / name for folder in reversed(folders) if (folder / name).exists()), None)


def built(entries: Sequence[Entry], make: Callable[[], _T], flaws: list[Flaw], otherwise: _T) -> _T:
    """What is made of entries; what is wrong with them is added to the flaws, once a place."""
    try:
        return make()
    except Refused as refused:
        for problem in refused.problems:
            entry, path = _placed(entries, problem)
            flaw = entry.flaw(problem, path)
            told = {(one.file, one.line, one.caret) for one in flaws}
            if not entry.template or (flaw.file, flaw.line, flaw.caret) not in told:  # once, not once for each clause
                flaws.append(flaw)
        return otherwise


def _placed(entries: Sequence[Entry], problem: Problem) -> tuple[Entry, tuple[str | int, ...]]:
    first, *rest = problem.path
    if isinstance(first, str):
        # Of several that share a name the last one is to blame.
        first = [i for i, e in enumerate(entries) if isinstance(e.value, Mapping) and e.value.get("name") == first][-1]
    return entries[first], tuple(rest)


def _listed(folder: Path, name: str) -> list[Entry]:
    path = folder / f"{name}.yaml"
    if not path.exists():
        return []
    document = Document(path, _shown(path))
    value = document.value or {}
    entries = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(entries, list):
        raise PackRefused([document.flaw(Problem((), f"needs a list under {name}:", f"{name}:\n      - …"), (), "")])
    return [Entry(one, document, (name, index)) for index, one in enumerate(entries)]


def _folder(folder: Path, name: str, what: str, hint: str) -> list[Entry]:
    entries = []
    for path in sorted((folder / name).glob("*.yaml")):
        document = Document(path, _shown(path))
        if not isinstance(document.value, Mapping):
            raise PackRefused([document.flaw(Problem((), f"{what} is a mapping of keys", hint), (), "")])
        entries.append(Entry(document.value, document, (), path.stem))
    return entries


def _shown(path: Path) -> str:
    inside = path.is_relative_to(SHIPPED)
    return f"shipped pack: {path.relative_to(SHIPPED)}" if inside else str(path)


def _laid_over(layers: Iterable[list[Entry]], key: str) -> list[Entry]:
    """Later layers' entries replace earlier ones' of the same name; within a layer, doubles stay, to be refused."""
    found: list[Entry] = []
    for layer in layers:
        names = {entry.key(key) for entry in layer if isinstance(entry.value, Mapping)}
        found = [entry for entry in found if entry.key(key) not in names] + layer
    return found


def _laid_over_files(layers: Iterable[list[Entry]]) -> list[Entry]:
    return list({entry.name: entry for layer in layers for entry in layer}.values())


def _without(overlay: Path) -> frozenset[str]:
    """The rules to do without, as pack.yaml names them."""
    path = overlay / "pack.yaml"
    if not path.exists():
        return frozenset()
    document = Document(path, str(path))
    value = document.value or {}
    names = (value.get("without") or []) if isinstance(value, Mapping) and set(value) <= {"without"} else None
    if not isinstance(names, list):
        raise PackRefused([document.flaw(Problem((), "holds a list under without: and nothing else",
                                                 "for example without: [mining-pool-contact]"), (), "")])  # fmt: skip
    return frozenset(map(str, names))


def unknown_without(overlay: Path, names: Iterable[str], known: Sequence[str]) -> list[Flaw]:
    """Those rules to do without that there are none of."""
    document = Document(overlay / "pack.yaml", str(overlay / "pack.yaml"))
    order = [str(one) for one in (document.value or {}).get("without") or []]
    return [document.flaw(Problem((), f"unknown rule {name}", nearest(name, list(known))),
                          ("without", order.index(name)), "")
            for name in sorted(names, key=order.index) if name not in known]  # fmt: skip
