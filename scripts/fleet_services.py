"""PostgreSQL and Redis on free ports, with throw-away data, for a fleet of Airflow's processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_airflow import free_port

#: Program → the Debian package that brings it.
PACKAGES = {"postgres": "postgresql", "redis-server": "redis-server"}


def find(program: str) -> str | None:
    """Find a program; Debian keeps PostgreSQL's own off the PATH."""
    found = shutil.which(program)
    if found is None and (kept := sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))):
        found = str(kept[-1])
    return found


def install() -> None:
    """Install what is missing from Debian's packages.

    :raises SystemExit: saying what is missing, where that cannot be done.
    """
    missing = [package for program, package in PACKAGES.items() if find(program) is None]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(f"The fleet needs {', '.join(missing)}: as root, apt-get install {' '.join(missing)}")
    print(f"Installing {', '.join(missing)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *missing]):
        done = subprocess.run(["apt-get", *command], env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"apt-get {command[0]} failed, so the fleet cannot run: {done.stderr[-2000:]}")
    still = [program for program in PACKAGES if find(program) is None]
    if still:
        raise SystemExit(f"The fleet needs {', '.join(still)}, and the packages did not bring it")


class Services:
    """Folders, ports and commands of both; who starts them also ends them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cekat-fleet-"))
        self.ports = {"postgres": free_port(), "redis": free_port()}
        # PostgreSQL refuses to run as root, so it gets Debian's user for it.
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._user = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self.folder, "postgres", "postgres")

    @property
    def settings(self) -> Mapping[str, str]:
        """What Airflow needs to find them."""
        database = f"postgres@127.0.0.1:{self.ports['postgres']}/postgres"
        return {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
            "AIRFLOW__CELERY__RESULT_BACKEND": f"db+postgresql://{database}",
            "AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
        }

    @property
    def dsn(self) -> str:
        """How psycopg2 reaches the database."""
        return f"host=127.0.0.1 port={self.ports['postgres']} user=postgres dbname=postgres connect_timeout=5"

    def make(self) -> None:
        """Make an empty database."""
        command = [str(find("initdb")), "--pgdata", str(self.folder / "postgres"), "--username", "postgres"]
        made = subprocess.run(
            [*command, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"],
            cwd=self.folder, capture_output=True, text=True, check=False, **self._user,
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stdout[-2000:]}{made.stderr[-2000:]}")

    def command(self, name: str) -> tuple[list[str], dict[str, Any]]:
        """Return what starts ``postgres`` or ``redis``, and as whom."""
        port = str(self.ports[name])
        if name == "redis":
            # Its queue is on disk, as a broker's should be.
            kept = ["--appendonly", "yes", "--dir", str(self.folder)]
            return [str(find("redis-server")), "--port", port, "--bind", "127.0.0.1", "--save", "", *kept], self._user
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300", "-c", "fsync=off"]
        data = ["-D", str(self.folder / "postgres"), "-k", str(self.folder)]
        return [str(find("postgres")), *data, "-p", port, *options], self._user

    def listens(self, name: str) -> bool:
        """Tell whether it takes connections."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.ports[name]), timeout=2):
            return True
        return False

    def remove(self) -> None:
        """Throw the data away."""
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    install()
    sys.exit(0)
