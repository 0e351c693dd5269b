"""A PostgreSQL of the tests' own: found on the machine, run as a user that is not root, gone at the end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_binaries() -> Path | None:
    """The folder that holds `initdb`, newest version first; None when PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _as_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user that Debian's package makes for it."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(folder: Path, program: str, *arguments: str, must: bool = True) -> None:
    binaries = find_binaries()
    assert binaries is not None
    command = _as_user([str(binaries / program), *arguments])
    subprocess.run(command, check=must, cwd=folder, stdout=subprocess.DEVNULL, stderr=None if must else subprocess.DEVNULL)


@contextmanager
def run_postgres(*, durable: bool = False) -> Iterator[str]:
    """Start a fresh cluster on loopback and yield the URL of its first database; `durable` keeps fsync on."""
    if find_binaries() is None:
        raise RuntimeError("PostgreSQL is not installed: `make test` installs it, or install the package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="exam-engine-pg-"))
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, pwd.getpwnam("postgres").pw_gid)
    data, port = folder / "data", _free_port()
    settings = f"-c listen_addresses=127.0.0.1 -c port={port} -k {folder} -c max_connections=200"
    if not durable:
        settings += " -c fsync=off -c full_page_writes=off"
    try:
        _run(folder, "initdb", "-D", str(data), "-U", "exam", "-A", "trust", "-E", "UTF8", "--no-sync")
        _run(folder, "pg_ctl", "-D", str(data), "-w", "-o", settings, "-l", str(folder / "log"), "start")
        yield f"postgresql+psycopg://exam@127.0.0.1:{port}/postgres"
    finally:
        _run(folder, "pg_ctl", "-D", str(data), "-m", "immediate", "stop", must=False)
        shutil.rmtree(folder, ignore_errors=True)
