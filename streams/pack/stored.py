"""A pack as one piece of bytes: the files it was read from, so that any machine reads the same pack."""

from __future__ import annotations

import base64
import binascii
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import zstandard

from streams.located import Flaw, PackRefused
from streams.pack.files import SHIPPED
from streams.pack.learnt import KEYS
from streams.pack.model_file import SUFFIX
from streams.pack.reader import Pack, read_pack

_FORMAT = 1
_NAME = re.compile(r"(?:(?:rules|lists|models)/)?[^/.\0][^/\0]*\.(?:yaml|json|model)")
_MOST_BYTES = 64 * 2**20


class _Layers(msgspec.Struct):
    shipped: dict[str, str]
    overlay: dict[str, str] | None = None


class _Stored(msgspec.Struct):
    format: int
    files: _Layers


def as_stored(overlay: Path | None) -> bytes:
    """The shipped pack's files and those laid over it."""
    folders = {"shipped": SHIPPED, **({"overlay": overlay} if overlay is not None else {})}
    files = {name: dict(_files(folder)) for name, folder in folders.items()}
    text = json.dumps({"format": _FORMAT, "files": files}, sort_keys=True).encode()
    return zstandard.ZstdCompressor(level=10).compress(text)


def from_stored(data: bytes) -> Pack:
    """The pack in stored bytes. Raises PackRefused."""
    files = _unpacked(data)
    with tempfile.TemporaryDirectory(prefix="tipstaff-pack-") as folder:
        for layer, contents in files.items():
            _write(Path(folder) / layer, contents)
        overlay = Path(folder) / "overlay"
        return read_pack(overlay if "overlay" in files else None, Path(folder) / "shipped")


class NotThatPack(Exception):
    """Stored bytes that are not the pack that they are called; its text says why."""


def named(name: str, data: bytes) -> Pack:
    """The pack of a name, its hash, in stored bytes. Raises NotThatPack."""
    try:
        pack = from_stored(data)
    except PackRefused as refused:
        raise NotThatPack(f"pack {name} is refused here: {refused.flaws[0].message}") from refused
    if pack.hash != name:
        raise NotThatPack(f"what is stored as pack {name} is pack {pack.hash}")
    return pack


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("peers.json"), *folder.glob("rules/*.yaml"),
                        *folder.glob("lists/*.yaml"), *folder.glob(f"models/{KEYS}"),
                        *folder.glob(f"models/*{SUFFIX}")]):  # fmt: skip
        artifact = path.suffix == SUFFIX
        text = base64.b64encode(path.read_bytes()).decode() if artifact else path.read_text()
        yield path.relative_to(folder).as_posix(), text


def _unpacked(data: bytes) -> Mapping[str, Mapping[str, bytes]]:
    try:
        text = zstandard.ZstdDecompressor().stream_reader(data).read(_MOST_BYTES)
        told = msgspec.json.decode(text, type=_Stored)
        if told.format == _FORMAT and all(_NAME.fullmatch(name) for name in _names(told)):
            layers = {"shipped": told.files.shipped, "overlay": told.files.overlay}
            return {layer: {name: _bytes(name, text) for name, text in files.items()}
                    for layer, files in layers.items() if files is not None}  # fmt: skip
    except (zstandard.ZstdError, msgspec.MsgspecError, UnicodeDecodeError, binascii.Error):
        pass
    raise PackRefused([Flaw("stored pack", 1, "its stored form is damaged", "publish it again")])


def _names(told: _Stored) -> list[str]:
    return [*told.files.shipped, *(told.files.overlay or {})]


def _bytes(name: str, text: str) -> bytes:
    return base64.b64decode(text, validate=True) if name.endswith(SUFFIX) else text.encode()


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for part in ("rules", "lists", "models"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
