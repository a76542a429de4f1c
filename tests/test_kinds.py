"""Which kinds of lab can be had, and what is said where none can."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from socket import AF_INET, AF_PACKET, IPPROTO_TCP, SOCK_RAW

import pytest
from processes import eventually, mark, marked, start_family
from seccomp import can_refuse
from test_lab import STORY_SYN, syn

import tcpkit
from tcpkit.lab import Lab, LabUnavailable, kinds, refusals
from tcpkit.lab import lab as lab_module
from tcpkit.lab.agent import ordinary
from tcpkit.wire import Flags

HERE = Path(__file__).parent

TRY = """
import json, os, socket, sys
sys.path.insert(0, {here!r})
from seccomp import refuse
{before}
from tcpkit.lab import Lab, LabUnavailable, doctor
try:
    Lab({kind})
    said = "works"
except LabUnavailable as error:
    said = str(error)
children = [name for name in os.listdir("/proc") if name.isdigit() and parent(name) == os.getpid()]
screen, works = doctor.report()
print(json.dumps({{"said": said, "doctor": screen, "works": works, "children": children}}))
"""
PARENT = """
def parent(pid):
    try:
        return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    except OSError:
        return None
"""


def try_where(before, kind=None, python=sys.executable, **options):
    """Return what `Lab` and the doctor say in a process where this was done before."""
    code = PARENT + TRY.format(before=before, kind=repr(kind), here=str(HERE))
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


FILTER = "a filter of system calls (seccomp) refuses it, as containers have one"
MAY_BE = "a filter of system calls (seccomp) is set here, and may be what refuses it"
REFUSALS = {
    "no user namespaces": (
        "refuse('unshare')",
        f"this system refuses user namespaces (Operation not permitted): {FILTER}",
        "--security-opt seccomp=unconfined",
    ),
    "no raw socket": (
        "refuse('socket', (0, 0xff, socket.AF_INET), (1, 0xf, socket.SOCK_RAW))",
        f"the namespace was made, but has no power (a raw socket: Operation not permitted): {FILTER}",
        "--security-opt seccomp=unconfined",
    ),
    "no capabilities": (
        "refuse('capset')",
        f"the namespace was made, but has no power (capset: Operation not permitted): {MAY_BE}",
        "--security-opt seccomp=unconfined",
    ),
    "no ambient capabilities": (
        "refuse('prctl', (0, 0xff, 47))",
        f"the namespace was made, but has no power (prctl: Operation not permitted): {MAY_BE}",
        "--security-opt seccomp=unconfined",
    ),
    "no loopback": (
        "refuse('ioctl', (1, 0xffff, 0x8914))",
        f"the namespace was made, but has no power (lo: Operation not permitted): {MAY_BE}",
        "--security-opt seccomp=unconfined",
    ),
    "no map of users": (
        f"refuse('write', (2, 0xffffffff, {len(f'{ordinary(os.getuid())} {os.getuid()} 1')}))",
        f"the namespace was made, but has no power (/proc/self/uid_map: Operation not permitted): {MAY_BE}",
        "--security-opt seccomp=unconfined",
    ),
}


@pytest.mark.parametrize(("before", "why", "remedy"), REFUSALS.values(), ids=REFUSALS)
def test_where_the_system_refuses(lab, before, why, remedy):
    if not can_refuse():
        pytest.skip("the numbers of this machine's system calls are not in tests/seccomp.py")
    found = try_where(before)
    first, tried, *rest = found["said"].splitlines()
    assert first == "No lab can be had here. Tried:"
    assert tried == f"- namespace: {why}"
    assert remedy in rest[0]
    assert "Open the course on Binder" in rest[1]
    assert "`python -m tcpkit doctor` says more" in rest[1]
    assert why in found["doctor"]
    assert remedy in found["doctor"]
    assert "Lab() does not work here" in found["doctor"]
    assert found["works"] is False
    assert found["children"] == []


def test_doctors_exit_status_where_the_system_refuses(lab):
    if not can_refuse():
        pytest.skip("the numbers of this machine's system calls are not in tests/seccomp.py")
    code = f"""if True:
        import sys
        sys.path.insert(0, {str(HERE)!r})
        from seccomp import refuse
        from tcpkit import __main__
        refuse("unshare")
        sys.argv = ["tcpkit", *sys.argv[1:]]
        sys.exit(__main__.run())
    """
    doctor = subprocess.run([sys.executable, "-c", code, "doctor"], capture_output=True, text=True)
    assert (doctor.returncode, doctor.stderr) == (1, "")
    story = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (story.returncode, story.stdout) == (1, "")
    assert story.stderr.startswith("No lab can be had here. Tried:\n- namespace: this system refuses user namespaces")


def test_where_the_limit_is_reached(lab):
    """A user namespace of our own, in which no other may be made."""
    before = """
import ctypes
libc = ctypes.CDLL(None)
user = os.getuid()
assert libc.unshare(0x10000000) == 0
open("/proc/self/setgroups", "w").write("deny")
open("/proc/self/uid_map", "w").write(f"0 {user} 1")
try:
    open("/proc/sys/user/max_user_namespaces", "w").write("0")
except OSError as error:
    print(json.dumps({"skip": f"/proc/sys cannot be written ({error.strerror})"}))
    sys.exit()
"""
    found = try_where(before)
    if "skip" in found:
        pytest.skip(found["skip"])
    assert "the limit on user namespaces is reached (user.max_user_namespaces is 0)" in found["said"]
    assert "sysctl user.max_user_namespaces=10000" in found["said"]
    assert found["children"] == []


def test_where_there_is_no_linux(monkeypatch):
    monkeypatch.setattr(kinds.sys, "platform", "darwin")
    monkeypatch.setattr(kinds.platform, "system", lambda: "Darwin")
    with pytest.raises(
        LabUnavailable,
        match=r"namespace: this is Darwin, not Linux\n  .*on macOS a container or a Linux virtual machine",
    ):
        Lab()


def test_where_python_cannot_be_started(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(LabUnavailable, match=r"the agent could not be started \(.*No such file"):
        Lab()


def test_where_the_agent_stumbles(monkeypatch, tmp_path):
    broken = tmp_path / "agent.py"
    broken.write_text("raise RuntimeError('no good day')")
    monkeypatch.setattr("tcpkit.lab.agent_client.AGENT", broken)
    with pytest.raises(LabUnavailable, match=r"could not be started .*its agent stopped \(RuntimeError: no good day\)"):
        Lab()


# An ordinary user

ORDINARY = """
import os, signal, sys, time
sys.path.insert(0, {here!r})
from processes import eventually, is_alive, mark, marked, start_family
from tcpkit.lab import Lab
from tcpkit.lab.socket_table import read_tables
from tcpkit.story import scenes
lab = Lab()
with lab.capture() as packets:
    reply, = lab.ask(scenes()[2].buffer)
print(os.getuid(), reply.ack, len(packets), lab.counters()["TcpOutRsts"])
with lab.listen(80):
    print(*[row[:2] for row in read_tables(lab._agent)])
print(lab.run("id -u").output, end="")
seconds = mark()
start_family(lab, seconds)
os.kill(lab._agent.pid, signal.SIGKILL)
eventually(lambda: not marked(seconds))
print("nothing left")
"""


@pytest.fixture
def ordinary():
    """What it takes to run Python as a user of no rights: a Python, and tcpkit where that user can read it."""
    if os.getuid():
        pytest.skip("this whole run is an ordinary user's")
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    asked = [python, "-c", "import sys; print(sys.version_info >= (3, 11))"] if python else ["echo"]
    if subprocess.run(asked, capture_output=True, text=True).stdout != "True\n":
        pytest.skip("no Python 3.11 is installed where an ordinary user can run it")
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(Path(tcpkit.__file__).parent, folder / "tcpkit", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("processes.py", "seccomp.py"):
        shutil.copy(HERE / name, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield {"python": python, "folder": folder, "options": {"cwd": folder, "group": 54_321, "extra_groups": []}}
    shutil.rmtree(folder)


@pytest.mark.parametrize("user", [65_534, 54_321])
def test_lab_for_an_ordinary_user(lab, ordinary, user):
    code = ORDINARY.format(here=str(ordinary["folder"]))
    done = subprocess.run(
        [ordinary["python"], "-c", code], capture_output=True, text=True, user=user, **ordinary["options"]
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"{user} 45 2 1",
        "('LISTEN', '127.0.0.1:80')",
        str(user),
        "nothing left",
    ]


def test_direct_without_the_right_to_it(ordinary):
    before = f"sys.path.insert(0, {str(ordinary['folder'])!r})"
    code = f"import sys; {before}"
    found = try_where(code, "direct", ordinary["python"], user=65_534, **ordinary["options"])
    assert (
        "- direct: a raw socket was refused (Operation not permitted): this process has no CAP_NET_RAW\n  Root"
        in found["said"]
    )
    assert found["children"] == []
    assert "  direct     no: a raw socket was refused" in found["doctor"]


# The machine's own loopback, by name only


def test_direct_is_never_chosen(monkeypatch):
    monkeypatch.setattr(lab_module, "AUTOMATIC", ())
    with pytest.raises(LabUnavailable):
        Lab()


def test_direct_stays_on_loopback(direct):
    assert direct.kind == "direct"
    assert repr(direct).startswith("this machine's own loopback · Linux · ")
    with direct.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
        assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"
    with pytest.raises(OSError, match="nothing leaves the lab"):
        direct.send(STORY_SYN, "192.0.2.1")
    for family in (AF_PACKET, socket.AF_NETLINK):
        with pytest.raises(PermissionError, match="could reach the machine's own network"):
            direct.socket(family, SOCK_RAW)


def test_direct_captures_loopback(direct):
    with direct.capture() as packets:
        (reply,) = direct.ask(syn(1, source_port=2))  # port 1: nothing listens there
    assert reply.flags == Flags.RST | Flags.ACK
    assert Flags.RST in [packet.segment.flags & Flags.RST for packet in packets if packet.segment.source_port == 1]


def test_direct_leaves_nothing_either(direct):
    seconds, pid = mark(), direct._agent.pid
    start_family(direct, seconds)
    if os.getuid():
        pytest.skip("only root's direct lab can end what hides: this run is an ordinary user's")
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not marked(seconds))


# Causes that are tested, and no other is named

MOUNTED = "21 1 0:20 / / rw - ext4 /dev/vda rw\n"
CAUSES = {  # what /proc says: which question is asked, and a piece of the answer
    "chroot": ({"/proc/self/mountinfo": "30 21 0:5 / /proc rw - proc proc rw\n"}, "no_namespace", "is in a chroot"),
    "switch": ({"/proc/sys/kernel/unprivileged_userns_clone": "0\n"}, "no_namespace", "unprivileged_userns_clone is 0"),
    "no known cause": ({}, "no_namespace", "could not be found out"),
    "AppArmor": (
        {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"},
        "no_rights",
        "AppArmor allows programs no rights",
    ),
    "AppArmor without the setting": (
        {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0\n"},
        "no_rights",
        "could not be found out",
    ),
    "no capability": ({"/proc/self/status": "\nCapEff:\t0000000000000000\n"}, "no_raw_socket", "has no CAP_NET_RAW"),
    "a capability": ({"/proc/self/status": "\nCapEff:\t0000000000002000\n"}, "no_raw_socket", "could not be found out"),
}


@pytest.mark.parametrize(("proc", "asked", "said"), CAUSES.values(), ids=CAUSES)
def test_a_cause_is_named_where_it_was_found(monkeypatch, proc, asked, said):
    files = {"/proc/self/mountinfo": MOUNTED} | proc
    monkeypatch.setattr(refusals, "_read", lambda path: files.get(path, ""))
    monkeypatch.setattr(refusals, "_is_filtered", lambda call: False)
    why, remedy = getattr(refusals, asked)(*[errno.EPERM] * (asked == "no_namespace"))
    assert said in why
    assert remedy.endswith(".")
