"""A real PostgreSQL server for tests: its own folder, a socket instead of a port, gone with the tests.

It refuses to run as root: then it runs as the user that Debian's package made for it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterable

USER = "postgres"
_FAST = {"fsync": "off", "full_page_writes": "off", "listen_addresses": "", "max_connections": "50"}


class Server:
    """One cluster; each `database` is a new and empty one."""

    def __init__(self) -> None:
        """Make the cluster and start it; use it in a `with` statement."""
        self.folder = Path(tempfile.mkdtemp(prefix="ivr-postgres-"))
        self._who: dict[str, Any] = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(USER)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self._who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self._names = count(1)

    def __enter__(self) -> Self:
        """Start."""
        self._run("initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop, and leave nothing."""
        self.stop()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = " ".join(f"-c {name}='{value}'" for name, value in _FAST.items())
        options += f" -c unix_socket_directories='{self.folder}'"
        self._run("pg_ctl", "start", "-w", "-D", str(self._data), "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        """Stop at once: whoever is connected loses the connection."""
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self._data))

    def database(self) -> str:
        """Make a database, and give its address as `IVR_STORE_URL` wants it."""
        name = f"ivr{next(self._names)}"
        self.execute("postgres", [f"create database {name}"])
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def execute(self, database: str, statements: Iterable[str]) -> None:
        """Execute statements as the owner of everything."""
        with psycopg.connect(host=str(self.folder), user=USER, dbname=database, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [_program(program), *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self._who
        )


def _program(name: str) -> str:
    """Find a program of the server; Debian keeps them out of the way."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")) or [Path(shutil.which(name) or "")]
    if not found[-1].name:
        raise FileNotFoundError(f"{name} is not installed; `make test-setup` installs PostgreSQL's server")
    return str(found[-1])
