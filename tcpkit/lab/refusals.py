"""What refuses a lab here: causes that were tested, and what to do about each.

A filter of system calls (seccomp, as containers have it) is found by a call
that Linux itself always refuses with EINVAL: another answer is the filter's.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

CLONE_NEWUSER = 0x1000_0000  # linux/sched.h
CAP_NET_RAW = 13  # linux/capability.h
NO_SUCH_FLAG = 0x4000  # none that unshare() takes
NO_SUCH_TYPE = 0x10_0000  # no bit of a socket's type

FILTER = "a filter of system calls (seccomp) refuses it, as containers have one"
OPEN_FILTER = "In Docker or Podman: start the container with --security-opt seccomp=unconfined."
CHROOT = "this process is in a chroot, and Linux makes no user namespace there"
LEAVE_CHROOT = "Run the course outside the chroot."
LIMIT = "the limit on user namespaces is reached (user.max_user_namespaces is {})"
RAISE_LIMIT = "An administrator can raise it: sysctl user.max_user_namespaces=10000."
NETWORKS = "the limit on networks is reached (user.max_net_namespaces is {})"
RAISE_NETWORKS = "An administrator can raise it: sysctl user.max_net_namespaces=10000."
SWITCH = "it is switched off here (kernel.unprivileged_userns_clone is 0)"
SWITCH_ON = "An administrator can allow it: sysctl kernel.unprivileged_userns_clone=1."
APPARMOR = "AppArmor allows programs no rights in it (kernel.apparmor_restrict_unprivileged_userns is 1)"
ALLOW = "An administrator can allow it: sysctl kernel.apparmor_restrict_unprivileged_userns=0."
UNKNOWN = "what refuses it could not be found out here"
ASK = "Ask the administrator for user namespaces, with CAP_NET_ADMIN and CAP_NET_RAW in them."
NO_CAPABILITY = "this process has no CAP_NET_RAW"
GET_CAPABILITY = "Root has it, and so does a container started with --cap-add NET_RAW, for its root."


def no_namespace(code: int) -> tuple[str, str]:
    """Return what refuses a user namespace with this errno, and what to do."""
    if code == errno.ENOSPC:
        return LIMIT.format(sysctl("user/max_user_namespaces")), RAISE_LIMIT
    if _is_filtered(_unshare_nothing):
        return FILTER, OPEN_FILTER
    if is_chroot():
        return CHROOT, LEAVE_CHROOT
    if sysctl("kernel/unprivileged_userns_clone") == "0":
        return SWITCH, SWITCH_ON
    return UNKNOWN, ASK


def no_network(code: int) -> tuple[str, str]:
    """Return what refuses another network in a lab with this errno, and what to do."""
    if code == errno.ENOSPC:
        return NETWORKS.format(sysctl("user/max_net_namespaces")), RAISE_NETWORKS
    return (FILTER, OPEN_FILTER) if _is_filtered(_unshare_nothing) else (UNKNOWN, ASK)


def no_rights() -> tuple[str, str]:
    """Return what refuses to let us use a namespace that we have made, and what to do."""
    if _is_filtered(_open_no_raw_socket):
        return FILTER, OPEN_FILTER
    if sysctl("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return APPARMOR, ALLOW
    if "\nSeccomp:\t2" in _read("/proc/self/status"):
        return "a filter of system calls (seccomp) is set here, and may be what refuses it", OPEN_FILTER
    return UNKNOWN, ASK


def no_raw_socket() -> tuple[str, str]:
    """Return what refuses a raw socket in the machine's own network, and what to do."""
    if _is_filtered(_open_no_raw_socket):
        return FILTER, OPEN_FILTER
    held = re.search(r"^CapEff:\t([0-9a-f]+)", _read("/proc/self/status"), re.M)
    if held and not int(held[1], 16) >> CAP_NET_RAW & 1:
        return NO_CAPABILITY, GET_CAPABILITY
    return UNKNOWN, ASK


def sysctl(name: str) -> str:
    """Return a setting of the kernel's, or "" if it has none of that name or does not show it."""
    return _read(f"/proc/sys/{name}").strip()


def is_chroot() -> bool:
    """Say whether / is a folder of some file system, and not where one is mounted."""
    mounts = [line.split()[4] for line in _read("/proc/self/mountinfo").splitlines()]
    return bool(mounts) and "/" not in mounts


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _is_filtered(call_in_vain: Callable[[], None]) -> bool:
    try:
        call_in_vain()
    except OSError as error:
        return error.errno != errno.EINVAL
    return True


def _unshare_nothing() -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.unshare came with Python 3.12
    if libc.unshare(CLONE_NEWUSER | NO_SUCH_FLAG) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _open_no_raw_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_RAW | NO_SUCH_TYPE, socket.IPPROTO_TCP).close()
