"""Of Faust only the transport is in use: nobody can reach it, and it keeps nothing."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from broker import Broker
from worker.transport.member import Member, joined, new_group, numbered, until, written

_LISTENING = "0A"


def listening() -> set[str]:
    """The sockets of this process on which it takes connections, as /proc names them."""
    rows = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/self/net/{name}").read_text().splitlines()
    ]
    inodes = {row[9] for row in rows if row[3] == _LISTENING}
    own: set[str] = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            own.add(os.readlink(descriptor))
        except FileNotFoundError:
            continue  # the one that listed them
    return {inode for inode in inodes if f"socket:[{inode}]" in own}


def test_nothing_of_faust_listens(any_broker: Broker) -> None:
    """A member at work listens on no port, has no web server, no table and no topic but the one it reads."""
    topic = any_broker.topic("closed")
    member, before = Member(topic), listening()

    async def story() -> None:
        async with joined(any_broker, member, new_group()) as one:
            await asyncio.to_thread(written, any_broker, topic, {0: numbered(3)})
            await until(lambda: member.next.get(0) == 3, "for the records")
            assert listening() == before
            conf, tables = one.app.conf, one.app.tables
            opened = [conf.web_enabled, conf.web_tables_enabled, conf.web_router_enabled, conf.topic_allow_declare]
            assert (opened, conf.web_bind) == ([False] * 4, "127.0.0.1")
            assert [*tables, *tables.changelog_topics] == []

    asyncio.run(story())


def test_a_listener_would_be_seen() -> None:
    """The look at /proc finds a socket that this process listens on, and not one it has closed."""

    async def story() -> None:
        before = listening()
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        assert len(listening() - before) == 1
        server.close()
        await server.wait_closed()
        assert listening() == before

    asyncio.run(story())
