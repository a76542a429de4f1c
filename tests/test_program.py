"""Programs in the lab: how they are found, what they say, how they end."""

import gc
import os
import signal
import socket
import sys
import threading

import pytest
from processes import descriptors, eventually, is_alive, mark, marked, python

from tcpkit.lab import LabClosed, LabError, program_output, programs_found
from tcpkit.lab import program as program_module
from tcpkit.lab.agent import ordinary
from tcpkit.lab.program import split


def test_run_waits_and_shows_what_was_printed(lab):
    program = lab.run(["python", "-c", "import sys; print('out', flush=True); print('err', file=sys.stderr)"])
    assert program.output == "out\nerr\n"
    assert repr(program) == "out\nerr"
    assert (program.status, program.running, program.wait()) == (0, False, 0)


def test_run_says_nothing_for_a_silent_program(lab):
    assert repr(lab.run("true")) == ""


def test_a_line_is_split_as_a_shell_would(lab):
    assert lab.run("""echo 'two words' "a \\"b\\"" """).output == 'two words a "b"\n'


def test_a_status_or_signal_is_said(lab):
    assert repr(lab.run(["sh", "-c", "echo no; exit 3"])) == "no\n(exit status 3)"
    killed = lab.run(["sh", "-c", "kill -9 $$"])
    assert (killed.status, repr(killed)) == (-signal.SIGKILL, "(ended by SIGKILL)")
    real_time = lab.run(["sh", "-c", "kill -40 $$"])
    assert repr(real_time) == "(ended by signal 40)"


def test_missing_program(lab):
    missing = lab.run("no-such-program -x")
    assert (missing.status, missing.pid, missing.running) == (127, None, False)
    assert repr(missing) == "There is no program no-such-program here. Look at the name again; or install it first."


def test_missing_tool_says_how_to_get_it_and_what_does_without(lab, monkeypatch):
    for name, instead in (
        ("lsof", "lab.sockets()"),
        ("ss", "lab.sockets()"),
        ("tcpdump", "packets.tcpdump()"),
        ("curl", None),
    ):
        monkeypatch.setattr(programs_found, "find", lambda program: None)
        monkeypatch.setattr(program_module, "find", lambda program: None)
        said = repr(lab.run(name))
        assert said.startswith(f"There is no program {name} here. To get it: ")
        assert said.endswith(f"Without it, {instead} does the same.") if instead else "Without it" not in said


def test_a_file_that_is_no_program(lab, tmp_path):
    plain = tmp_path / "server.py"
    plain.write_text("print(1)")
    refused = lab.run([plain])
    assert refused.status == 126
    assert repr(refused) == f"{plain} may not be run: it is not marked as executable. For Python: python {plain}"
    assert repr(lab.run([tmp_path])) == f"{tmp_path} is a folder, not a program."
    plain.chmod(0o755)
    unreadable = lab.run([plain])
    assert unreadable.status == 126
    assert repr(unreadable) == f"{plain} could not be started: Exec format error."


@pytest.mark.parametrize("command", ["echo 'open", "", "   ", [], [""], None, 5, [5], ["echo", None]])
def test_what_is_no_command(lab, command):
    with pytest.raises(ValueError, match="ive one line of text, or a list of words"):
        lab.run(command)


@pytest.mark.parametrize("command", ["ss -tln | grep 8000", "sleep 5 &", "echo hi > file", "true && false"])
def test_shell_words_are_refused(command):
    with pytest.raises(ValueError, match=r"No shell reads this command.*To have one: \['sh', '-c', "):
        split(command)


def test_shell_words_in_a_list_are_words(lab):
    assert lab.run(["echo", "|", "&"]).output == "| &\n"


def test_a_word_with_a_zero_byte(lab):
    assert repr(lab.run(["echo", "a\0b"])) == "echo could not be started: embedded null byte."
    assert lab.run("echo here").output == "here\n"


# Python, and the rest of the environment


def test_python_is_this_very_python(lab):
    for name in ("python", "python3"):
        assert lab.run([name, "-c", "import sys; print(sys.prefix)"]).output == f"{sys.prefix}\n"
        assert lab.run(["sh", "-c", f"{name} -c 'import sys; print(sys.prefix)'"]).output == f"{sys.prefix}\n"


def test_python_is_found_where_its_folder_has_none_of_that_name(lab, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs_found, "search_path", lambda: str(tmp_path))
    assert lab.run(["python", "-c", "import sys; print(sys.prefix)"]).output == f"{sys.prefix}\n"


def test_usr_sbin_is_found_although_not_on_the_path(lab, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert {"/usr/sbin", "/sbin"} <= set(programs_found.search_path().split(os.pathsep))
    monkeypatch.delenv("PATH")
    assert lab.run("true").status == 0


def test_environment_and_folder_are_ours(lab, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE", "TCP by hand")
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a notebook: from 3.13 on Python's tracebacks have colours then
    monkeypatch.chdir(tmp_path)
    assert lab.run(["sh", "-c", "echo $COURSE in $(pwd)"]).output == f"TCP by hand in {tmp_path}\n"
    assert "\x1b" not in lab.run([sys.executable, "-c", "1 / 0"]).output
    assert lab.run(["sh", "-c", "echo $NO_COLOR"]).output == "1\n"  # also where no Python is so new


def test_environment_and_output_that_are_not_utf_8(lab):
    os.environb[b"ODD"] = b"\xff\xfe"
    try:
        program = lab.run(["sh", "-c", "printf $ODD | od -An -tx1; printf $ODD"])
    finally:
        del os.environb[b"ODD"]
    assert program.output == " ff fe\n\ufffd\ufffd"
    assert lab.run(["printf", "%s", b"\xc3\xa9".decode("ascii", "surrogateescape")]).output == "é"


def test_folder_that_is_gone(lab, tmp_path):
    code = """if True:
        import os, sys
        from tcpkit.lab import Lab
        lab = Lab()
        os.mkdir(sys.argv[1]); os.chdir(sys.argv[1]); os.rmdir(sys.argv[1])
        try:
            lab.run("true")
        except Exception as error:
            print(type(error).__name__, error)
        os.chdir("/")
        print(lab.run("echo here"))
    """
    first, second = python(code, str(tmp_path / "folder")).splitlines()
    assert first.startswith("LabError This notebook's folder was deleted or moved")
    assert second == "here"


@pytest.mark.parametrize("size", [100_000, 150_000, 300_000, 3_000_000])
def test_huge_command_lines(lab, size):
    """The kernel takes words of up to 128 KiB, the control socket some 200 KiB."""
    try:
        assert lab.run(["printf", "%.3s", "x" * size]).output in (
            "xxx",
            "printf could not be started: Argument list too long.",
        )
        assert size < 200_000
    except LabError as error:
        assert "bytes are too many to hand to the lab at once" in str(error)  # noqa: PT017
        assert size > 200_000
    assert lab.run("echo here").output == "here\n"


def test_huge_command_lines_where_the_system_would_send_more(lab):
    lab._agent._control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    with pytest.raises(LabError, match="too many to hand to the lab at once"):
        lab.run(["printf", "%.3s", "x" * 300_000])
    assert lab.run("echo here").output == "here\n"


def test_huge_environment(lab, monkeypatch):
    for number in range(3):
        monkeypatch.setenv(f"HUGE{number}", "x" * 100_000)
    with pytest.raises(LabError, match=r"too many to hand to the lab at once.*out of os\.environ"):
        lab.run("true")
    for number in range(3):
        monkeypatch.delenv(f"HUGE{number}")
    assert lab.run("true").status == 0


# Output


def test_ten_megabytes_of_output(lab):
    program = lab.run(["python", "-c", "print('x' * 10_000_000)"])
    assert len(program.output) == 10_000_001


def test_output_beyond_measure_is_cut_and_said(lab, monkeypatch):
    monkeypatch.setattr(program_output, "MOST_OUTPUT", 1000)
    program = lab.run(["python", "-c", "print('x' * 1234, end='')"])
    assert program.output == "x" * 1000 + "\n(234 more bytes were not kept)\n"


def test_a_program_that_closes_its_output_early(lab):
    program = lab.run(["python", "-c", "import os, sys; print(1, flush=True); os.close(1); os.close(2); os._exit(4)"])
    assert (program.output, program.status) == ("1\n", 4)


def test_a_grandchild_that_holds_the_output_open(lab):
    seconds = mark()
    program = lab.run(["sh", "-c", f"echo parent; setsid sleep {seconds} &"])
    assert (program.output, program.status) == ("parent\n", 0)
    assert eventually(lambda: marked(seconds))  # it may not have begun to sleep when its parent ends


def test_a_grandchild_that_never_stops_printing(lab):
    program = lab.run(["sh", "-c", "echo parent; setsid yes & sleep 0.1"])
    assert program.status == 0
    assert program.output.startswith("parent\n")


def test_output_is_whole_when_the_end_is_told(lab):
    for size in (1, 65_536, 65_537, 1_000_000):
        program = lab.run(["python", "-c", f"import os; os.write(1, b'x' * {size}); os._exit(0)"])
        assert len(program.output) == size


def test_programs_read_nothing(lab):
    assert lab.run("cat").output == ""


# Left running


def test_start_twice_at_one_port_also_if_nobody_kept_the_first(lab):
    for _ in range(2):
        lab.start(["python", "-m", "http.server", "8000", "--bind", "127.0.0.1"], port=8000)
        gc.collect()
    assert len(lab.sockets()) == 1


def test_start_leaves_it_running(lab):
    program = lab.start("sleep 100000")
    assert (program.running, program.status) == (True, None)
    assert repr(program) == "running: sleep 100000"
    assert is_alive(program.pid)
    assert program.stop() == -signal.SIGTERM
    assert repr(program) == "(ended by SIGTERM)"
    assert program.stop() == -signal.SIGTERM


def test_output_of_a_running_program(lab):
    program = lab.start(["sh", "-c", "echo ready; exec sleep 100000"])
    eventually(lambda: program.output == "ready\n")
    assert repr(program) == "running: sh -c 'echo ready; exec sleep 100000'\nready"
    program.stop()


def test_wait_is_patient_only_so_long(lab):
    program = lab.start("sleep 100000")
    with pytest.raises(TimeoutError, match=r"sleep 100000 still runs after 0\.01 s: \.stop\(\) ends it"):
        program.wait(0.01)
    program.stop()


def test_run_ends_what_takes_too_long(lab):
    seconds = mark()
    with pytest.raises(TimeoutError, match=r"still runs after 0\.05 s"):
        lab.run(f"sleep {seconds}", timeout_s=0.05)
    assert not marked(seconds)


def test_stop_ends_what_will_not_listen(lab, monkeypatch):
    monkeypatch.setattr(program_module, "GRACE_S", 0.05)
    program = lab.start(["sh", "-c", "trap '' TERM; echo deaf; while true; do sleep 0.1; done"])
    eventually(lambda: program.output == "deaf\n")
    assert program.stop() == -signal.SIGKILL


def test_stop_ends_the_children_too(lab):
    seconds = mark()
    program = lab.start(["sh", "-c", f"sleep {seconds} & wait"])
    eventually(lambda: len(marked(seconds)) >= 2)
    program.stop()
    eventually(lambda: not marked(seconds))


def test_one_program_in_many_threads(lab):
    program = lab.start("sleep 100000")
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(program.wait())) for _ in range(5)]
    for thread in threads:
        thread.start()
    program.stop()
    for thread in threads:
        thread.join()
    assert statuses == [-signal.SIGTERM] * 5


@pytest.mark.parametrize("how", ["close", "kill"])
def test_a_program_ends_with_its_lab(lab, how):
    program = lab.start("sleep 100000")
    if how == "close":
        lab.close()
    else:
        os.kill(lab._agent.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(LabClosed, match=r"lab = Lab\(\)"):
            program.wait()
    with pytest.raises(LabClosed):
        program.stop()
    assert not program.running
    assert repr(program) == "(ended with the lab)"
    eventually(lambda: not is_alive(program.pid))


def test_a_programs_pipes_are_closed_when_it_ends(lab):
    before = len(descriptors())
    for _ in range(5):
        lab.run("true")
    lab.start("sleep 100000").stop()
    eventually(lambda: len(descriptors()) == before)


# With a port

SERVER = """
import socket, sys, time
time.sleep(0.05)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
time.sleep(100_000)
"""


def test_start_waits_for_the_port(lab):
    program = lab.start(["python", "-c", SERVER, "8000"], port=8000)
    with lab.socket() as client:
        client.connect(("127.0.0.1", 8000))
    program.stop()


def test_start_waits_for_a_port_of_ipv6(lab):
    if "::1" not in lab.run("ip addr").output:
        pytest.skip("this kernel has no IPv6, or ip is missing")
    server = SERVER.replace('("127.0.0.1", int(sys.argv[1]))', '("::1", int(sys.argv[1])), family=socket.AF_INET6')
    lab.start(["python", "-c", server, "8000"], port=8000)
    assert "[::1]:8000" in list(lab.sockets()["local"])


def test_start_waits_for_a_child_whose_parent_leaves(lab):
    """As servers do that put themselves into the background."""
    daemon = "import os\nreading, writing = os.pipe()\nif os.fork():\n    os.read(reading, 1); os._exit(0)\n"
    daemon += SERVER.replace('print("listening", flush=True)', 'os.write(writing, b".")')
    for port in range(8000, 8010):
        lab.start(["python", "-c", daemon, str(port)], port=port)


def test_a_parent_may_leave_while_we_look_for_its_child(lab, monkeypatch):
    class Program:
        command = ("daemon",)
        running = True

    def is_listening(agent, port):
        listens = not Program.running
        Program.running = False  # the child listens, and the parent leaves, just after we looked
        return listens

    monkeypatch.setattr(program_module, "is_listening", is_listening)
    program_module.wait_until_listening(Program(), lab._agent, 8000, 10)
    assert not Program.running


def test_start_interrupted_leaves_no_program(lab, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    seconds = mark()
    monkeypatch.setattr(program_output.ProgramOutput, "follow", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lab.start(f"sleep {seconds}")
    eventually(lambda: not marked(seconds))


def test_start_with_a_program_that_ends_early(lab):
    with pytest.raises(LabError, match=r"ended before it listened on port 8000\. It said: oops\n\(exit status 3\)"):
        lab.start(["sh", "-c", "echo oops; exit 3"], port=8000)
    with pytest.raises(LabError, match=r"It said: There is no program no-such-program here"):
        lab.start("no-such-program", port=8000)


def test_start_with_a_program_that_never_listens(lab):
    seconds = mark()
    with pytest.raises(TimeoutError, match=r"does not listen on port 8000 after 0\.05 s"):
        lab.start(f"sleep {seconds}", port=8000, timeout_s=0.05)
    assert not marked(seconds)


def test_start_on_a_port_in_use(lab):
    seconds = mark()
    with lab.socket() as other:
        other.bind(("127.0.0.1", 8000))
        other.listen()
        with pytest.raises(OSError, match=r"uses port 8000 already .* another port"):
            lab.start(f"sleep {seconds}", port=8000)
    assert not marked(seconds)


def test_start_twice_as_a_cell_that_is_run_twice(lab):
    servers = [lab.start(["python", "-c", SERVER, "8000"], port=8000) for _ in range(3)]
    assert [server.running for server in servers] == [False, False, True]
    lab.listen(8000).close()
    assert not servers[2].running


def test_start_interrupted_while_it_waits_for_the_port(lab):
    seconds = mark()
    previous = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            lab.start(f"sleep {seconds}", port=8000, timeout_s=60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    eventually(lambda: not marked(seconds))


def test_programs_are_an_ordinary_users_with_rights_over_the_network(lab):
    """Programs such as initdb refuse to run as root; tcpdump and ip need their rights."""
    code = "import os, socket; print(os.getuid(), os.getgid()); socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"
    program = lab.run(["python", "-c", code])
    assert repr(program) == f"{ordinary(os.getuid())} {os.getgid() or 1000}"


def test_tools_of_the_course_work_inside(lab):
    """tcpdump captures live, though nobody here is root."""
    if programs_found.find("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    program = lab.start("tcpdump -c 1 -n -t -i lo --immediate-mode -l tcp")
    eventually(lambda: "listening on lo" in program.output)
    lab.send(bytes.fromhex("231d1f400000000000000000500200006f830000"))
    eventually(lambda: not program.running)
    assert "127.0.0.1.8989 > 127.0.0.1.8000: Flags [S]" in program.output
