"""librdkafka's mock cluster: a broker without Java, which speaks the protocol but keeps no promises of storage."""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import TracebackType

import confluent_kafka

_PRODUCER = 0
_BROKER = 1


class MockBroker:
    """One mock broker on loopback, which other processes can use too; closed by `with`.

    bootstrap: its address, host:port.
    """

    def __init__(self) -> None:
        self._library = _library()
        said = ctypes.create_string_buffer(512)
        conf = self._library.rd_kafka_conf_new()
        self._library.rd_kafka_conf_set(conf, b"log_level", b"0", said, len(said))
        self._client = self._library.rd_kafka_new(_PRODUCER, conf, said, len(said))
        assert self._client, said.value.decode()
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, 1)
        self.bootstrap: str = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        self._made = 0

    def topic(self, prefix: str, partitions: int = 1) -> str:
        """Make a topic and return its name."""
        self._made += 1
        name = f"{prefix}-{self._made}"
        assert not self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)
        return name

    def fail(self, api_key: int, *errors: int) -> None:
        """Answer the next requests of that kind with these error codes, one each."""
        codes = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, api_key, len(errors), codes)

    def down(self) -> None:
        """Refuse connections from now on, and drop those there are."""
        assert not self._library.rd_kafka_mock_broker_set_down(self._cluster, _BROKER)

    def up(self) -> None:
        """Take connections again."""
        assert not self._library.rd_kafka_mock_broker_set_up(self._cluster, _BROKER)

    def slow(self, milliseconds: int) -> None:
        """Answer that much later."""
        assert not self._library.rd_kafka_mock_broker_set_rtt(self._cluster, _BROKER, milliseconds)

    def __enter__(self) -> MockBroker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)


def _library() -> ctypes.CDLL:
    """The librdkafka inside confluent-kafka's wheel, with the signatures of what is called."""
    package = Path(confluent_kafka.__file__).parent
    found = [*package.parent.glob("confluent_kafka.libs/librdkafka*"), *package.glob(".dylibs/librdkafka*")]
    library = ctypes.CDLL(str(found[0]))
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, *arguments in (
        ("rd_kafka_conf_new", pointer),
        ("rd_kafka_conf_set", number, pointer, text, text, text, ctypes.c_size_t),
        ("rd_kafka_new", pointer, number, pointer, text, ctypes.c_size_t),
        ("rd_kafka_destroy", None, pointer),
        ("rd_kafka_mock_cluster_new", pointer, pointer, number),
        ("rd_kafka_mock_cluster_destroy", None, pointer),
        ("rd_kafka_mock_cluster_bootstraps", text, pointer),
        ("rd_kafka_mock_topic_create", number, pointer, text, number, number),
        ("rd_kafka_mock_push_request_errors_array", None, pointer, ctypes.c_int16, ctypes.c_size_t, pointer),
        ("rd_kafka_mock_broker_set_down", number, pointer, ctypes.c_int32),
        ("rd_kafka_mock_broker_set_up", number, pointer, ctypes.c_int32),
        ("rd_kafka_mock_broker_set_rtt", number, pointer, ctypes.c_int32, number),
    ):  # fmt: skip
        function = getattr(library, str(name))
        function.restype, function.argtypes = result, arguments
    return library
