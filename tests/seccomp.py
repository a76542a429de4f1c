"""Have the kernel refuse a system call to this process and its children.

As a container's filter does, or a hardened system. Nothing is needed for it
but the standard library, and no privilege; and it cannot be undone.
"""

import ctypes
import errno
import platform
import struct

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2  # linux/prctl.h, linux/seccomp.h
LOAD, JUMP_IF_EQUAL, AND, RETURN = 0x20, 0x15, 0x54, 0x06  # linux/bpf_common.h
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
ARGUMENTS_AT = 16  # in struct seccomp_data
CALLS = {
    "x86_64": {"write": 1, "ioctl": 16, "socket": 41, "capset": 126, "prctl": 157, "unshare": 272},
    "aarch64": {"write": 64, "ioctl": 29, "socket": 198, "capset": 91, "prctl": 167, "unshare": 97},
}


def can_refuse():
    return platform.machine() in CALLS


def refuse(name, *conditions):
    """Refuse a call with EPERM; each condition is (argument's number, mask, value)."""
    tests = [(LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, None, CALLS[platform.machine()][name])]
    for number, mask, value in conditions:
        tests += [(LOAD, 0, 0, ARGUMENTS_AT + 8 * number), (AND, 0, 0, mask), (JUMP_IF_EQUAL, 0, None, value)]
    allow_at = len(tests) + 1
    program = [
        (code, yes, allow_at - at - 1 if no is None else no, value) for at, (code, yes, no, value) in enumerate(tests)
    ]
    program += [(RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    packed = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    filter_ = struct.pack("HP", len(program), ctypes.addressof(packed))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "prctl")
