"""An authority of the folder's own, and the certificates it signed for the broker and for one client."""

# It runs programs, whose names and arguments are the person's own.
# ruff: noqa: S603

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from trouble import NotToBeHad, Trouble

_DAYS = "3650"
_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def make(folder: Path, user: str) -> None:
    """Write ca.pem, server.pem (key and certificate), client.pem and client-key.pem, where they are not there yet."""
    if (folder / "server.pem").exists():
        return
    folder.mkdir(exist_ok=True, mode=0o700)
    _openssl(folder, "req", "-x509", *_KEY, "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", _DAYS,
             "-subj", "/CN=tipstaff development authority")  # fmt: skip
    _sign(folder, "client", user, "extendedKeyUsage=clientAuth")
    _sign(folder, "broker", "127.0.0.1", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    whole = folder / "server.new"
    whole.touch(mode=0o600)
    whole.write_text((folder / "broker-key.pem").read_text() + (folder / "broker.pem").read_text())
    whole.rename(folder / "server.pem")


def _sign(folder: Path, name: str, subject: str, extension: str) -> None:
    """A key and a certificate for it, signed by the authority."""
    _openssl(folder, "req", "-new", *_KEY, "-keyout", f"{name}-key.pem", "-out", f"{name}.csr",
             "-subj", f"/CN={subject}")  # fmt: skip
    (folder / f"{name}.extensions").write_text(extension + "\n")
    _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
             "-days", _DAYS, "-extfile", f"{name}.extensions", "-out", f"{name}.pem")  # fmt: skip


def _openssl(folder: Path, *arguments: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise NotToBeHad("no openssl in PATH to make the certificates with: install `openssl`, or leave out --secure")
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise Trouble(f"openssl {arguments[0]} failed in {folder}: {done.stderr.strip()[-500:]}")
