"""Whose processes and files a server's are: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trouble import NotToBeHad, Trouble

_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine; None: whoever runs this."""

    user: str | None = None

    def owns(self, folder: Path) -> None:
        """Hand a folder over to the user."""
        if self.user is not None:
            known = pwd.getpwnam(self.user)
            os.chown(folder, known.pw_uid, known.pw_gid)

    def run_as(self) -> dict[str, Any]:
        """What subprocess is told, besides the command."""
        return {} if self.user is None else {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid,
                                             "extra_groups": []}  # fmt: skip

    def refuse_unreachable(self, path: Path) -> None:
        """Raise where the user may not go to a path."""
        if self.user is None:
            return
        for folder in (path, *path.parents):
            if not folder.stat().st_mode & stat.S_IXOTH:
                raise NotToBeHad(f"the user {self.user}, as whom it runs because root may not, cannot enter {folder}: "
                                 f"`chmod o+x {folder}`, or run this as another user than root")  # fmt: skip


def unprivileged() -> Account:
    """The user to run a server as: the caller, or for root one without rights."""
    if os.geteuid() != 0:
        return Account()
    names = {one.pw_name for one in pwd.getpwall()}
    found = [name for name in _UNPRIVILEGED if name in names]
    if not found:
        raise Trouble("PostgreSQL does not run as root, and there is no user `nobody`: run this as another user")
    return Account(found[0])
