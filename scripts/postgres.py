"""A PostgreSQL server of one's own, for tests and measurements: made in a folder, gone after use.

It listens on 127.0.0.1 and on a socket in its folder, and ends with the process that started
it, however that ends. The programs are Debian's (package ``postgresql``), or those beside
``initdb`` on the path, or in the folder that ``WORKBENCH_POSTGRES`` names.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

DEBIAN = Path("/usr/lib/postgresql")
NEEDED = ("initdb", "postgres")
OWNER = "bank"
_SECONDS = 60
_TRIES = 5
# The server ends when its keeper's input does: when it is closed, or whoever holds it is killed.
_KEEPER = 'exec 3<&0; "$@" & server=$!; (read _ <&3; kill -INT $server) 2>/dev/null & wait $server'


def find_programs() -> Path | None:
    """Return the folder of the newest server's programs, or None where there is none."""
    named = os.environ.get("WORKBENCH_POSTGRES")
    if named:
        places = [Path(named)]
    else:
        places = sorted(DEBIAN.glob("*/bin"), key=lambda place: _number(place.parent.name), reverse=True)
        on_path = shutil.which("initdb")
        places += [Path(on_path).resolve().parent] if on_path else []
    return next((place for place in places if all((place / name).is_file() for name in NEEDED)), None)


def _number(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return 0.0


def unprivileged() -> dict[str, Any]:
    """Return how to start a program that refuses to run as root: nothing to say for anybody else."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise RuntimeError("a server is not run as root, and there is no account postgres or nobody")


class Server:
    """A running server.

    Parameters
    ----------
    programs : pathlib.Path
        Folder of the server's programs.
    durable : bool, default=True
        Whether a confirmed write is on the disk; tests of anything else go without.
    """

    def __init__(self, programs: Path, *, durable: bool = True) -> None:
        self.programs = programs
        self.durable = durable
        self.password = secrets.token_urlsafe(12)
        self.folder = Path(tempfile.mkdtemp(prefix="workbench-postgres-"))
        self.log = self.folder / "log"
        self.port = 0
        self._account = unprivileged()
        self._keeper: subprocess.Popen[bytes] | None = None
        self._n = 0
        try:
            self._make()
            self.start()
        except BaseException:
            self.remove()
            raise

    def _make(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password, encoding="utf-8")
        if self._account:
            for path in (self.folder, secret):
                os.chown(path, self._account["user"], self._account["group"])
        made = subprocess.run(
            [
                str(self.programs / "initdb"),
                *("-D", str(self.folder / "data"), "-U", OWNER, "--pwfile", str(secret)),
                *("--auth-local=trust", "--auth-host=scram-sha-256"),
                *("--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self._account,
        )
        secret.unlink()
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.strip()}")

    def start(self) -> None:
        """Start the server, on the port that it had or on a free one."""
        for _ in range(_TRIES):
            port = self.port or _free_port()
            if self._runs_on(port):
                self.port = port
                return
        raise RuntimeError(f"the server did not start: {self.log.read_text(encoding='utf-8')[-2000:]}")

    def _runs_on(self, port: int) -> bool:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": self.folder,
            "max_connections": 100,
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), *options]
        with self.log.open("ab") as log:
            self._keeper = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "sh", *command],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._account,
            )
        told = self.folder / "data" / "postmaster.pid"
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until and self._keeper.poll() is None:
            # The server says in the file's last line how far it is.
            if told.is_file() and told.read_text(encoding="utf-8").rstrip().endswith("ready"):
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def stop(self) -> None:
        """Stop the server; what it has confirmed is kept, and it can be started again."""
        if self._keeper is None:
            return
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(_SECONDS)
        self._keeper = None

    def remove(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run a statement as the server's owner, outside any transaction."""
        import psycopg

        place = {"host": str(self.folder), "port": self.port, "user": OWNER, "dbname": database}
        with psycopg.connect(**place, autocommit=True) as connection:
            connection.execute(statement)

    def new_database(self, template: str = "template0") -> str:
        """Make an empty database, or a copy of another one, and return its name."""
        self._n += 1
        name = f"bank{self._n}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def url(self, database: str, *, by_network: bool = False) -> str:
        """Return a database's SQLAlchemy URL: through the socket, or with the password over 127.0.0.1."""
        if by_network:
            return f"postgresql+psycopg://{OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"
        return f"postgresql+psycopg://{OWNER}@/{database}?host={self.folder}&port={self.port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
