"""The agent: a small process inside the lab that answers requests.

Run as a script by `python -I -S`: it imports neither tcpkit nor site-packages.
It enters namespaces of its own, reports that, and answers requests on the
control socket: a dict comes in, a dict and open descriptors go out. When the
control socket closes or its owner ends, the agent ends, and the kernel ends
everything that it started.
"""

import contextlib
import ctypes
import errno
import fcntl
import marshal  # both ends are the same Python; json alone would take 3 ms to import
import os
import select
import signal
import socket
import struct
import sys

CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000  # sched.h
PR_SET_PDEATHSIG, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 47, 2  # linux/prctl.h
CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW = 10, 12, 13  # linux/capability.h
NETWORK = (CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW)
CAPABILITY_VERSION_3 = 0x2008_0522
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFMTU, IFF_UP = 0x8913, 0x8914, 0x8922, 1
LARGEST_REQUEST = 1 << 18  # bytes; agent_client.py sends no larger one
MOST_DESCRIPTORS = 2  # a program's output, and its status

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    """Call the C library; raise OSError with the function's name if it fails."""
    if getattr(libc, name)(*arguments) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)


@contextlib.contextmanager
def named(step):
    """Put the name of the step that failed into its OSError."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, step) from None


def enter(kind):
    """Enter the lab: namespaces of our own, or none for the kind `direct`.

    `within:PID` makes another network in the lab of the agent with that id.
    """
    if kind == "direct":
        with contextlib.suppress(OSError):  # without it, a killed agent leaves its programs' children behind
            call("unshare", CLONE_NEWPID)
        return
    name, _, lab = kind.partition(":")
    if name == "within":
        with named("setns"), open(f"/proc/{lab}/ns/user", "rb") as namespace:
            call("setns", namespace.fileno(), CLONE_NEWUSER)
        call("unshare", CLONE_NEWPID | CLONE_NEWNET)
    else:
        user, group = os.getuid(), os.getgid()
        call("unshare", CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
        map_user(user, group)
    with contextlib.suppress(OSError):  # without it, a killed database leaves 56 bytes of shared memory behind
        call("unshare", CLONE_NEWIPC)
    keep_capabilities()
    with named("lo"):
        raise_loopback()


def map_user(user, group):
    """Keep the caller's own numbers in the new user namespace; root gets an ordinary user's."""
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{ordinary(user)} {user} 1")
    write("/proc/self/gid_map", f"{group or 1000} {group} 1")


def ordinary(user):
    """Return the caller's user, or for root one that has a name: programs such as initdb refuse to run otherwise."""
    import pwd  # built in

    for known in (1000, 1):  # 1 is daemon or bin, on any Linux
        with contextlib.suppress(KeyError):
            return user or pwd.getpwuid(known).pw_uid
    return 1000


def write(path, text):
    with named(path), open(path, "w", encoding="ascii") as file:
        file.write(text)


def keep_capabilities():
    """Give every program started here these rights over this network."""
    inheritable = sum(1 << capability for capability in NETWORK)
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable: the low 32 bits, then the high ones.
    held = ctypes.create_string_buffer(24)
    call("capget", header, held)
    effective, permitted, _, effective_high, permitted_high, _ = struct.unpack("6I", held.raw)
    sets = (effective, permitted, inheritable, effective_high, permitted_high, 0)
    call("capset", header, struct.pack("6I", *sets))
    for capability in NETWORK:
        call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.unpack_from("16xh", fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16s16x", b"lo")))[0]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


class Agent:
    """The request loop: one method for each kind of request."""

    def __init__(self, control, owner, kind):
        self.control = control
        self.owner = owner
        self.kind = kind
        self.watched = select.poll()
        self.programs = {}  # pidfd -> (process, descriptor that takes its exit status)
        self.keeper = None  # (pid, pipe) of process 1 of the lab; when it ends, all others end
        self.folders = []  # that are removed at the end

    def serve(self):
        """Answer until the control socket closes or the owner is gone."""
        owner_fd = os.pidfd_open(self.owner)
        for descriptor in (self.control.fileno(), owner_fd):
            self.watched.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in self.watched.poll():
                if descriptor in self.programs:
                    self.reap(descriptor)
                elif descriptor == owner_fd or not self.answer():
                    return

    def answer(self):
        """Answer one request; say whether there was one."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self.control, LARGEST_REQUEST, MOST_DESCRIPTORS)
        except ConnectionError:
            return False
        if not message:
            return False
        request = marshal.loads(message)
        reply, handed = {}, []
        try:
            reply, handed = getattr(self, "do_" + request["do"])(request, descriptors)
        except OSError as error:
            reply = {"errno": error.errno, "message": error.strerror}
        except (ValueError, OverflowError, TypeError) as error:
            reply = {"errno": errno.EINVAL, "message": str(error)}
        reply |= {"id": request["id"], "descriptors": len(handed)}
        try:
            socket.send_fds(self.control, [marshal.dumps(reply)], handed)
        except OSError:
            return False
        finally:
            for descriptor in handed + list(descriptors):
                os.close(descriptor)
        return True

    def do_nothing(self, request, _):
        """Answer, which shows that the agent runs."""
        return {}, []

    def do_set_mtu(self, request, _):
        """Set the size of the largest packet on lo, unless lo is the machine's own."""
        if self.kind == "direct":
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFMTU, struct.pack("16si12x", b"lo", request["mtu"]))
        return {}, []

    def do_socket(self, request, _):
        """Open a socket in the lab's network."""
        made = socket.socket(request["family"], request["type"], request["protocol"])
        if self.kind == "direct":  # nothing may leave the machine
            if request["family"] == socket.AF_PACKET:
                made.bind(("lo", 0))
            else:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        return {}, [made.detach()]

    def do_make_folder(self, request, _):
        """Make a folder that is removed when the lab ends, however its owner ends."""
        os.mkdir(request["path"], 0o700)
        self.folders.append(request["path"])
        return {}, []

    def do_keep(self, request, _):
        """Start the keeper, and return its number: a program in the lab may open its network, and not ours."""
        if self.keeper is None:
            self.keeper = start_keeper()
        return {"pid": self.keeper[0]}, []

    def do_start(self, request, descriptors):
        """Start a program; its exit status goes to the second descriptor."""
        import subprocess  # only here: it doubles the time the agent needs to start

        self.do_keep(request, descriptors)
        output, status = descriptors
        process = subprocess.Popen(
            request["words"],
            executable=request["program"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=request["folder"],
            env=request["environment"],
            start_new_session=True,
            preexec_fn=die_with_agent,
        )
        watch = os.pidfd_open(process.pid)
        self.programs[watch] = (process, os.dup(status))
        self.watched.register(watch, select.POLLIN)
        return {"pid": process.pid}, []

    def do_signal(self, request, _):
        """Send a signal to a program that we started, and to its children."""
        for process, _ in self.programs.values():
            if process.pid == request["pid"]:
                os.killpg(process.pid, request["signal"])
        return {}, []

    def reap(self, watch):
        """Report the end of a program."""
        process, status = self.programs.pop(watch)
        self.watched.unregister(watch)
        os.close(watch)
        with contextlib.suppress(BrokenPipeError):  # the reader may be gone
            os.write(status, str(process.wait()).encode())
        os.close(status)

    def end(self):
        """End everything that was started here."""
        if self.keeper is not None:
            pid, pipe = self.keeper
            os.close(pipe)
        for process, _ in self.programs.values():
            with contextlib.suppress(OSError):  # a program that we may not signal ends with the keeper
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()  # the keeper cannot end before its processes are waited for
        if self.keeper is not None:
            os.waitpid(pid, 0)  # returns when the kernel has ended all others
        if self.folders:
            import shutil  # only here: few labs have a folder

            for folder in self.folders:
                shutil.rmtree(folder, ignore_errors=True)


def start_keeper():
    """Start process 1 of the lab: when it ends, the kernel ends all others.

    It ends when the other end of its pipe closes, so when the agent ends for
    any reason. No process stays behind, in whatever session or group it is.
    """
    reading, writing = os.pipe()
    started, starting = os.pipe()
    pid = os.fork()
    if pid:
        os.close(reading)
        os.close(starting)
        os.read(started, 1)  # ends when it has given up its rights: before that, no program may look at it
        os.close(started)
        return pid, writing
    os.setsid()
    rights = sum(1 << capability for capability in NETWORK)  # no more than its programs have: they may look at it
    with contextlib.suppress(OSError):  # the kind `direct` has them only by chance
        call("capset", struct.pack("Ii", CAPABILITY_VERSION_3, 0), struct.pack("6I", *[rights] * 3, 0, 0, 0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # orphans become our children: let the kernel reap them
    os.dup2(reading, 0)
    os.closerange(1, 1 << 16)
    os.read(0, 1)
    os._exit(0)


def die_with_agent():
    """Have the kernel end this process when its parent ends.

    For the kind `direct`, where the keeper may be no process 1.
    """
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main():
    """Enter the lab, report, serve, and end all that was started."""
    descriptor, owner, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    control = socket.socket(fileno=descriptor)
    os.closerange(3, descriptor)  # libffi may have opened itself, when ctypes was imported: for callbacks, and we have
    os.closerange(descriptor + 1, 1 << 10)  # none. Nothing else is open
    os.chdir("/")  # the owner's folder can be deleted or unmounted meanwhile
    try:
        enter(kind)
    except OSError as error:
        control.send(marshal.dumps({"errno": error.errno, "message": error.strerror, "where": error.filename}))
        return
    control.send(
        marshal.dumps({"pid": int(os.readlink("/proc/self"))})
    )  # /proc may count as an outer process tree does
    agent = Agent(control, owner, kind)
    try:
        agent.serve()
    finally:
        agent.end()


if __name__ == "__main__":
    main()
