"""A stored batch that would unpack to more than is allowed is refused without being unpacked."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import codec
from kafka.record import default_records
from worker.transport.stored_batches import PACKS, PAYLOAD, Record, fetch, plain, stored

from streams.worker.transport.bombs import TooLarge, bound_decompression, bound_kafka_python
from streams.worker.transport.unpacking import unpack

LIMIT = 2**20
BOMB = 512 * 2**20
DECODERS = ("gzip_decode", "lz4_decode", "snappy_decode", "zstd_decode")
COMPRESSED = [name for name in PACKS if name != "none"]

MEASURED = """
import resource, sys
sys.path[:0] = {paths!r}
from worker.transport.stored_batches import PACKS, Record, fetch, stored
from streams.worker.transport.bombs import bound_decompression
from streams.worker.transport.unpacking import unpack
bomb = fetch(stored([], last_delta=0, pack=(PACKS[{name!r}][0], lambda _: sys.stdin.buffer.read())))
bound_decompression({limit})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(told,) = unpack(bomb, 2**40).broken
print(told.too_large, told.detail, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, sep=";")
"""


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_batch_over_the_limit_is_refused_and_the_others_are_read(name: str, restored_codecs: None) -> None:
    """One byte over the limit is told of as too large with the limit in MiB; its neighbours come."""
    bound_decompression(LIMIT)
    large = stored([Record(0, b"\0" * LIMIT), Record(1, b"")], 2, PACKS[name])
    found = unpack(fetch(plain(2), large, plain(2, 4)), 2**40)
    assert [(one.first, one.last, one.too_large) for one in found.broken] == [(2, 3, True)]
    assert found.broken[0].detail == "it unpacks to more than 1.0 MiB"
    assert (found.offsets.tolist(), found.next_offset) == ([0, 1, 4, 5], 6)


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_batch_of_just_the_limit_is_read(name: str, restored_codecs: None) -> None:
    """The limit itself is allowed."""
    records = [Record(0, bytes(range(256)) * 4000)]
    batch, size = stored(records, pack=PACKS[name]), len(stored(records)) - PAYLOAD
    bound_decompression(size)
    found = unpack(fetch(batch), 2**40)
    assert (found.broken, found.values) == ([], [bytes(range(256)) * 4000])
    bound_decompression(size - 1)
    assert unpack(fetch(batch), 2**40).broken[0].too_large


@pytest.mark.parametrize("name", ["gzip", "snappy, raw", "snappy, xerial", "lz4", "zstd"])
def test_a_bomb_takes_no_memory(name: str) -> None:
    """Half a GiB of zeros, stored in as little as the codec can, is refused within 64 MiB more than the limit."""
    bomb = BOMBS[name]()
    paths = [str(Path(__file__).parents[3]), str(Path(__file__).parents[2])]
    program = MEASURED.format(paths=paths, name=name, limit=16 * LIMIT)
    done = subprocess.run([sys.executable, "-c", program], input=bomb, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    too_large, detail, grown_kib = done.stdout.decode().strip().split(";")
    assert (too_large, detail) == ("True", "it unpacks to more than 16.0 MiB")
    assert int(grown_kib) <= (16 + 64) * 1024


def gzip_bomb() -> bytes:
    packing, block = zlib.compressobj(wbits=31), bytes(2**20)
    return b"".join(packing.compress(block) for _ in range(BOMB // len(block))) + packing.flush()


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": gzip_bomb,
    **{name: lambda pack=PACKS[name][1]: pack(bytes(BOMB)) for name in COMPRESSED if name != "gzip"},  # type: ignore[misc]
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_kafka_python_is_bounded_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other client refuses what is over the limit by the same word, and reads the rest; snappy as well."""
    for module, decoder in [(default_records, one) for one in DECODERS] + [(codec, "has_snappy")]:
        monkeypatch.setattr(module, decoder, getattr(module, decoder))  # put back afterwards
    bound_kafka_python(LIMIT)
    batch, large = (stored([Record(0, b"\0" * size, b"key")], pack=PACKS[name]) for size in (LIMIT // 2, LIMIT))
    assert [(one.key, len(one.value)) for one in default_records.DefaultRecordBatch(batch)] == [(b"key", LIMIT // 2)]
    with pytest.raises(TooLarge):
        list(default_records.DefaultRecordBatch(large))
