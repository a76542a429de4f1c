"""Keep a learner's code from the machine, with an ordinary user's rights.

`isolate` gives the judge, and all that it starts, namespaces of its own: no
network, no other process, no device, and no file that can be written, but for
one folder in memory. `enter_own_process_tree` lets the learner's process end
with all that it started. `limit` bounds one process.

Run as `python -m tcpkit.marks.sandbox FOLDER` it prints why this system
refuses `isolate`, or nothing.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x0002_0000, 0x0800_0000, 0x1000_0000  # linux/sched.h
CLONE_NEWPID, CLONE_NEWNET = 0x2000_0000, 0x4000_0000
MS_NOSUID, MS_NODEV, MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 2, 4, 4096, 8192, 16_384, 1 << 18  # linux/mount.h
MOUNT_SETATTR = 442  # asm-generic/unistd.h; the same number on every machine
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = -100, 0x8000, 1
PR_SET_PDEATHSIG = 1  # linux/prctl.h

MEMORY_BYTES = 3 << 30
READING_BYTES = 1 << 30
FILE_BYTES = 64 << 20
SOCKETS = "/run"
DEVICES = ("null", "zero", "full", "random", "urandom")
FOLDER_LIMITS = "size=128m,nr_inodes=20k"
PROCESSES = 256
NAMESPACES = 64  # of each kind, made inside; the bound of the user, who makes every sandbox, is never reached
COUNTED_APART = (5, 14)  # the first Linux that counts a user's processes in each user namespace

libc = ctypes.CDLL(None, use_errno=True)


class MountAttributes(ctypes.Structure):
    """linux/mount.h: struct mount_attr."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def isolate(folder: Path) -> str:
    """Leave this process only one folder to write in; return "" or why not.

    Returns in a child, as `enter_own_process_tree` does.
    """
    try:
        _unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID)
        for bound in Path("/proc/sys/user").iterdir():
            bound.write_text(str(min(NAMESPACES, int(bound.read_text()))))
        lifeline, _ = os.pipe()  # the other end closes when we and the child have ended
        _go_on_as_child(lifeline)
        _call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
        _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", MS_NOSUID | MS_NODEV, FOLDER_LIMITS.encode())
        if not sys.executable.startswith(SOCKETS):  # services that listen there could act for us
            _call("mount", b"tmpfs", SOCKETS.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, b"size=4k")
        _own_devices(folder / "dev")
        _call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV, None)
        _read_only(Path("/"), AT_RECURSIVE)
        # A lab writes its user into /proc/self. The other two files change the machine, if root writes them.
        _writable(folder)
        _writable(Path("/proc"))
        for path in (Path("/proc/sys"), Path("/proc/sysrq-trigger")):
            with suppress(FileNotFoundError):
                _call("mount", os.fsencode(path), os.fsencode(path), None, MS_BIND | MS_REC, None)
                _read_only(path, AT_RECURSIVE)
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return ""


def _own_devices(made: Path) -> None:
    """Put a folder with the harmless devices over /dev: no terminal, no disk."""
    made.mkdir()
    # Not the usual mode: in a sticky folder that all may write, Linux creates nothing over another's file.
    _call("mount", b"tmpfs", os.fsencode(made), b"tmpfs", MS_NOSUID, b"size=4k,mode=755")
    for name in DEVICES:
        (made / name).touch()
        _call("mount", os.fsencode(f"/dev/{name}"), os.fsencode(made / name), None, MS_BIND, None)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        (made / name).symlink_to(f"/proc/self/fd{target}")
    _call("mount", os.fsencode(made), b"/dev", None, MS_MOVE, None)
    made.rmdir()


def enter_own_process_tree(lifeline: int) -> None:
    """Go on as a child whose whole process tree ends when the lifeline closes.

    Returns in the child. The process that called it waits, and exits with the
    child's status.
    """
    _unshare(CLONE_NEWUSER | CLONE_NEWPID)
    _go_on_as_child(lifeline)


def _go_on_as_child(lifeline: int) -> None:
    """Return in a child, in the process tree that was made by `_unshare`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the child
    if os.fork() == 0:  # process 1 of the tree: when it ends, the kernel ends all others
        os.dup2(lifeline, 0)
        os.closerange(1, 1 << 16)  # the judge must notice when the child closes its end
        os.read(0, 1)
        os._exit(0)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    os.close(lifeline)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with_parent()


def end_with_parent() -> None:
    """Have the kernel end this process when its parent ends."""
    with suppress(OSError):
        _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit(seconds: float) -> None:
    """Bound memory, size of files and processor time of this process and its children."""
    bounds = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_CPU: int(seconds) + 1,
        resource.RLIMIT_CORE: 0,
    }
    for which, most in bounds.items():
        _bound(which, most)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing too long a file is an error, and does not end us


def limit_processes() -> None:
    """Bound the number of processes in this namespace of users."""
    if _linux() >= COUNTED_APART:
        _bound(resource.RLIMIT_NPROC, PROCESSES)


def _bound(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (most, most))


@contextmanager
def less_memory() -> Iterator[None]:
    """Bound memory more closely, while a notebook is read."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (min(READING_BYTES, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _linux() -> tuple[int, ...]:
    numbers = os.uname().release.partition("-")[0].split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit()) if sys.platform == "linux" else ()


def _unshare(flags: int) -> None:
    user, group = os.geteuid(), os.getegid()
    _call("unshare", flags)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path(f"/proc/self/{name}").write_text(text)


def _read_only(path: Path, how: int = 0) -> None:
    _set(path, how, MountAttributes(set=MOUNT_ATTR_RDONLY))


def _writable(path: Path) -> None:
    _set(path, 0, MountAttributes(clear=MOUNT_ATTR_RDONLY))


def _set(path: Path, how: int, attributes: MountAttributes) -> None:
    size = ctypes.sizeof(attributes)
    _call("syscall", MOUNT_SETATTR, AT_FDCWD, os.fsencode(path), how, ctypes.byref(attributes), size)


def _call(name: str, *arguments: object) -> None:
    if not hasattr(libc, name):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), name)
    if getattr(libc, name)(*arguments) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)


if __name__ == "__main__":
    print(isolate(Path(sys.argv[1])), end="")
