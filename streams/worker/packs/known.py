"""Packs that a log may take up: by hash, each made ready once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from streams.codec import Codec
from streams.pack import Pack
from streams.pack.stored import NotThatPack, named
from streams.pipeline import Pipeline
from streams.runner import Saved
from streams.settings import Settings
from streams.worker.packs.control import Control
from streams.worker.packs.topic import Publication

Fetch = Callable[[str], bytes | None]
"""The stored bytes of a pack by its hash, None where nobody published it."""


class UnknownPack(Exception):
    """A pack that was never published, or cannot be read here."""


class Packs:
    """A pack that is here, and those that were published. `fetch` is asked once for each.

    began: the hash of the pack that the log begins with; the one that is here where it is None.
    """

    def __init__(self, here: Pack, fetch: Fetch, settings: Settings, began: str | None = None) -> None:
        self._fetch, self._settings = fetch, settings
        self._known = {here.hash: self._ready(here)}
        self._began = began or here.hash
        self._codecs: dict[str, Codec] = {}
        self._digests: dict[str, str] = {}

    @property
    def first(self) -> Pipeline:
        """What the log begins with. Raises UnknownPack."""
        return self.pipeline(self._began)

    def anew(self, ordered: Publication | None, start: int) -> tuple[Saved, Pipeline]:
        """The state before the first record from `start` on, under the pack ordered below it. Raises UnknownPack."""
        pipeline = self.first if ordered is None else self.pipeline(ordered.pack)
        position = {} if ordered is None else {"serial": ordered.serial}
        return Saved(pipeline.empty(), position, {}, start, 0, 0), pipeline

    def _ready(self, pack: Pack) -> Pipeline:
        return Pipeline(pack, self._settings.hash_key, self._settings.caps)

    def codec(self, pack: Pack) -> Codec:
        """A pack's decoder, one for all partitions: what types there are is learnt once."""
        if pack.hash not in self._codecs:
            self._codecs[pack.hash] = Codec(pack.columns, self._settings.hash_key)
        return self._codecs[pack.hash]

    def pipeline(self, name: str) -> Pipeline:
        """A pack made ready. Raises UnknownPack."""
        if name not in self._known:
            data = self._fetch(name)
            if data is None:
                raise UnknownPack(f"pack {name} is not in the packs' topic: publish it again, or start with --pack")
            self._known[name] = self._read(name, data)
        return self._known[name]

    def ordered(self, control: Control) -> Pipeline:
        """The pack that a control record orders. Raises UnknownPack where its bytes are not those that were signed."""
        if self._digests.get(control.pack) != control.digest:  # once, not once for each partition
            data = self._fetch(control.pack)
            if data is None:
                raise UnknownPack(f"pack {control.pack} is not in the packs' topic")
            if hashlib.sha256(data).hexdigest() != control.digest:
                raise UnknownPack(f"pack {control.pack} is not what was signed")
            self._known[control.pack] = self._known.get(control.pack) or self._read(control.pack, data)
            self._digests[control.pack] = control.digest
        return self._known[control.pack]

    def _read(self, name: str, data: bytes) -> Pipeline:
        try:
            return self._ready(named(name, data))
        except NotThatPack as other:
            raise UnknownPack(str(other)) from other
