"""A pack as bytes: what is read back is the same pack, and harmed bytes are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from streams.located import PackRefused
from streams.pack import read_pack
from streams.pack.starter import write_starter
from streams.pack.stored import as_stored, from_stored


def test_a_stored_pack_is_read_back_as_the_same_pack(tmp_path: Path) -> None:
    """The hash, rules and features are those of the folders it was made from, removed rules included."""
    folder = tmp_path / "mine"
    write_starter(folder)
    (folder / "pack.yaml").write_text("without: [scraping-guessed-ids]\n")
    first, again = read_pack(folder), from_stored(as_stored(folder))
    assert again.hash == first.hash != read_pack().hash
    assert [rule.id for rule in again.rules] == [rule.id for rule in first.rules]
    assert from_stored(as_stored(None)).hash == read_pack().hash


def _stored(files: object) -> bytes:
    return zstandard.ZstdCompressor().compress(json.dumps({"format": 1, "files": files}).encode())


@pytest.mark.parametrize(
    "harmed",
    [b"", b"no zstd", as_stored(None)[:-10], _stored([]), _stored({"overlay": {}}), _stored({"shipped": 3}),
     _stored({"shipped": {"../../etc/x.yaml": ""}}), _stored({"shipped": {"/x.yaml": ""}}),
     _stored({"shipped": {"rules/../x.yaml": ""}}), _stored({"shipped": {"x.py": ""}}),
     _stored({"shipped": {"features.yaml": 7}})],
)  # fmt: skip
def test_harmed_bytes_are_refused_and_nothing_is_written_outside(harmed: bytes) -> None:
    """Names that lead elsewhere, other files than a pack's, and broken bytes raise PackRefused."""
    with pytest.raises(PackRefused, match="stored form is damaged"):
        from_stored(harmed)
