"""Every lesson in a notebook with one kernel: bad luck and bad input, one kind after another; each cell twice.

What the learner sees, and that the rest still runs. The machine's own interfaces hear nothing of it.
`test_bad_input.py` has every kind of bad input, in one process.
"""

import ast
import contextlib
import functools
import itertools
import re
import socket
import struct
import sys
import threading
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import nbformat
import pytest
from lesson_cells import NAMES, SOLVED, WITH_LAB, code_cells
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from processes import PATIENCE_S
from seccomp import can_refuse
from test_conversations import SPEAKERS
from test_safety import listener_outside

from course.outputs import PLOT, Sanitizer, clean, texts
from tcpkit.lab import Lab, LabUnavailable
from tcpkit.wire import IPv4Header

HERE = Path(__file__).parent
LESSON_PORTS = {7000, 8000, 8001, 8002, 8989, 9191}  # Jupyter and the browser take theirs from 32768 on
LESSON_NETWORKS = [ip_network(each) for each in [*(f"10.{at}.0.0/24" for at in (0, 1, 2, 3, 7, 9)), "172.17.0.0/30"]]
ADVICE = "is not defined. Run the cells above this one first, in order, then this one again."
GONE = "LabClosed: The lab is gone: {}. Make a new one, lab = Lab(), and run again the cells that opened or started "
KILL = "import os, signal\nos.kill(lab._agent.pid, signal.SIGKILL)\nlab._agent._process.wait()"
RESET = "%reset -f"
HELPERS = f"import sys; sys.path.insert(0, {str(HERE)!r})"
REFUSE = "import seccomp; seccomp.refuse('unshare')"
STATES = "__import__('open_states').open_states(globals()) or 'all is closed'"
WITH_EXERCISES = [name for name in NAMES if any(cell.exercise for cell in code_cells(name))]


@pytest.fixture(scope="module", autouse=True)
def _labs():
    try:
        Lab().close()
    except LabUnavailable as error:
        pytest.skip(str(error))


@dataclass
class Ran:
    """A cell as it went: what it said, or the error, all that the learner sees of that, and what went to stderr."""

    cell: NotebookNode
    printed: str = ""
    said: str = ""
    error: str = ""
    seen: str = ""
    stops: bool = False  # "Run all", which goes on where the kernel says that all is well


def ran(sources):
    """Run cells in one notebook, whatever they raise."""
    notebook, stopping = new_notebook(cells=[new_code_cell(source) for source in sources]), set()
    options = {"timeout": PATIENCE_S, "kernel_name": "python3", "allow_errors": True}
    options["on_cell_error"] = lambda cell, cell_index, execute_reply: stopping.add(cell_index)
    NotebookClient(notebook, resources={"metadata": {"path": str(SOLVED)}}, **options).execute()
    results = [went(cell) for cell in notebook.cells]
    for place, result in enumerate(results):
        result.stops = place in stopping
    return results


def went(cell):
    result = Ran(cell)
    for output in cell.outputs:
        if output.output_type == "error":
            result.error = f"{output.ename}: {output.evalue}"
            result.seen = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.traceback))
        elif output.output_type == "stream" and output.name == "stderr":
            result.printed += output.text
        elif output.output_type == "execute_result":
            result.said = output.data["text/plain"]
    return result


def is_clear(result):
    """Say whether an error is one that says what to do, and the learner sees hardly more than that."""
    if result.error.startswith("NameError: name '") and result.error.endswith(ADVICE):
        return True
    return result.error.startswith("LabClosed: ") and result.seen == result.error


# What the machine's own interfaces hear meanwhile


def lesson_ports(frame):
    """Return the ports of a TCP packet that a lesson uses, of an Ethernet frame."""
    packet = frame[14:]
    start = (packet[0] & 15) * 4 if packet else 0
    if frame[12:14] != b"\x08\x00" or packet[9] != socket.IPPROTO_TCP:
        return set()
    return set(struct.unpack_from("!HH", packet.ljust(start + 4, b"\0"), start)) & LESSON_PORTS


def is_the_machines(network):
    """Say whether the machine itself has an address there: then its own talk is heard."""
    with socket.socket(type=socket.SOCK_DGRAM) as asked, contextlib.suppress(OSError):  # no route
        asked.connect((str(network[1]), 9))
        return ip_address(asked.getsockname()[0]) in network
    return False


def lesson_ends(frame, networks):
    """Return source and destination of an IPv4 packet, whatever it carries, if both are in these networks."""
    ends = [ip_address(frame[at : at + 4].ljust(4, b"\0")) for at in (26, 30)]
    are_theirs = all(any(end in network for network in networks) for end in ends)
    return tuple(map(str, ends)) if frame[12:14] == b"\x08\x00" and are_theirs else ()


def test_the_ports_are_found_in_a_frame():
    packet = bytes.fromhex("45000028000040004006 3cce 7f0000017f000001 231d1f40") + bytes(16)
    assert lesson_ports(bytes(12) + b"\x08\x00" + packet) == {8989, 8000}
    assert lesson_ports(bytes(12) + b"\x08\x00" + packet.replace(b"\x23\x1d\x1f\x40", b"\x90\x00\x90\x01")) == set()
    road, docker, outside = ("10.1.0.2", "10.3.0.80"), ("172.17.0.1", "172.17.0.2"), ("10.1.0.2", "192.0.2.1")
    for ends, found in {road: road, docker: docker, outside: (), ("127.0.0.1", "127.0.0.1"): ()}.items():
        for protocol in (1, 6, 17):
            frame = bytes(12) + b"\x08\x00" + bytes(IPv4Header(*ends, 20, protocol=protocol))
            assert lesson_ends(frame, LESSON_NETWORKS) == found


class Listening:
    """A thread that listens on the machine's interfaces, where it may; Jupyter's own talk shows that it is not deaf."""

    def __init__(self):
        self.frames, self.of_lessons, self.why_deaf = 0, [], ""

    @contextlib.contextmanager
    def on(self):
        try:
            listener = listener_outside()
        except PermissionError:
            self.why_deaf = "only root can listen on the machine's own network"
            yield
            return
        done = threading.Event()
        thread = threading.Thread(target=self.listen, args=(listener, done))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            listener.close()

    def listen(self, listener, done):
        listener.settimeout(0.1)
        networks = [network for network in LESSON_NETWORKS if not is_the_machines(network)]
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                frame = listener.recv(1 << 17)
                self.frames += 1
                self.of_lessons += [*lesson_ports(frame), *lesson_ends(frame, networks)]


# One kernel for all


def before_what_they_need(lesson):
    """Return (cell, is early): each check before its exercise, each compare before its reveal, and all in order."""
    cells, order = code_cells(lesson), []
    for place, cell in enumerate(cells):
        if cell.exercise or set(cell.tags) & {"reveal", "recall", "words"}:
            following = [after for after in cells[place + 1 :] if after.check][:1]
            order += [(after, True) for after in following if "experiments" not in after.reads]
        order.append((cell, False))
    return order


BAD = {  # what the function does: what its check says
    "raise KeyboardInterrupt": r"TRY AGAIN .* it was interrupted before it came back\. .*\?",
    "raise SystemExit": r"TRY AGAIN .* it raised SystemExit\. That would end Python: .*\.",
    "import sys; sys.exit('bye')": r"TRY AGAIN .* it raised SystemExit: bye\. That would end Python: .*\.",
    "print('x' * 10**7); import sys; print('y' * 10**7, file=sys.stderr)": r"(TRY AGAIN|PASS) .*",
    "lab.close()": r"TRY AGAIN .* (return(ed)? None|FIN is not acknowledged|The lab is gone: it was closed|nowhere).*",
}


def bad_functions(lesson):
    """Return (kind, name, five cells): every kind in every lesson, in its exercises by turns."""
    cells, tried = code_cells(lesson), []
    exercises = itertools.cycle(cell for cell in cells if cell.exercise)
    for body, exercise in zip(BAD, exercises, strict=False):
        name = exercise.exercise
        check = next(cell for cell in cells[exercise.place :] if "check" in cell.tags and name in cell.reads)
        method = [
            node.name for node in ast.walk(exercise.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ][-1]
        define = f"right = {name}\ndef bad(*arguments):\n    {body}\n"
        is_class = isinstance(exercise.tree.body[-1], ast.ClassDef)
        define += f"{name} = " + (f"type('{name}', (right,), {{'{method}': bad}})" if is_class else "bad")
        again = f"{name} = right\nfrom tcpkit import Lab\nlab = Lab() if repr(lab) == 'closed lab' else lab"
        tried.append((body, name, [define, check.source, "lab.counters()", again, check.source, "len(lab.counters())"]))
    return tried


def parts_of(lesson):
    """Return what a lesson's kernel runs, one part after the other; the last cannot be taken back."""
    first, *rest = sources = [cell.source for cell in code_cells(lesson)]
    has_lab, states = lesson in WITH_LAB, [STATES] if lesson in SPEAKERS else []
    return {
        "before what they need": [cell.source for cell, _ in before_what_they_need(lesson)],
        "a lab": [] if has_lab else ["from tcpkit import Lab\nlab = Lab()"],
        "bad functions": [source for *_, tried in bad_functions(lesson) for source in tried],
        "killed": [RESET, HELPERS, first, KILL] if has_lab else [RESET, HELPERS],
        "without": rest if has_lab else [],
        "twice": [each for source in sources for each in 2 * [source, *states]],
        "refused": [RESET, REFUSE],
        "no lab": sources if can_refuse() else [],
    }


@functools.cache
def session(lesson):
    """Run a lesson in one kernel, and return what each part of it did, and what the machine's network heard."""
    parts, heard = parts_of(lesson), Listening()
    with heard.on():
        results = iter(ran(itertools.chain.from_iterable(parts.values())))
    return {name: [next(results) for _ in part] for name, part in parts.items()}, heard


@pytest.mark.parametrize("lesson", NAMES)
def test_checks_before_what_they_need(lesson):
    order = before_what_they_need(lesson)
    assert any(is_early for _, is_early in order)
    for (cell, is_early), result in zip(order, session(lesson)[0]["before what they need"], strict=True):
        if not is_early:
            assert result.error == "", cell
            assert not result.said.startswith(("TODO", "TRY AGAIN", "NOT SEEN YET")), cell
        elif result.error:
            assert is_clear(result), (cell, result)
        elif not {"guess_offset", "kept_44", "by_hand"} & {cell.check}:  # they need no cell above
            assert result.said.startswith("NOT SEEN YET: run the cell with the experiment above"), (cell, result)


def shown(cells):
    """Return the texts that each cell shows, without what differs from run to run, and the pixels of plots."""
    notebook = new_notebook(cells=[cell for cell in cells if cell.cell_type == "code"])
    clean(notebook, Sanitizer(HERE / "nbval_sanitize.cfg"))
    return [[PLOT.sub("", text) for text in texts(cell)] for cell in notebook.cells]


@pytest.mark.parametrize("lesson", NAMES)
def test_the_outputs_are_the_stored_ones(lesson):
    """Of the solved notebook; nbval compares the learner's."""
    order = before_what_they_need(lesson)
    results = zip(order, session(lesson)[0]["before what they need"], strict=True)
    came = shown([result.cell for (_, is_early), result in results if not is_early])
    stored = shown(nbformat.read(SOLVED / f"{lesson}.ipynb", 4).cells)
    for cell, outputs, before in zip(code_cells(lesson), came, stored, strict=True):
        assert outputs == before or "nbval-ignore-output" in cell.tags, cell


@pytest.mark.parametrize("lesson", WITH_EXERCISES)
def test_bad_functions_and_the_notebook_goes_on(lesson):
    """`test_bad_input.py` has every kind in every exercise."""
    results = iter(session(lesson)[0]["bad functions"])
    for body, name, sources in bad_functions(lesson):
        _, told, counted, _, after, alive = (next(results) for _ in sources)
        is_told = re.fullmatch(rf"{BAD[body]}|TRY AGAIN .*: Write `async def`.*", told.said.split("\n")[0])
        assert is_told, (name, told)
        assert told.error == ""
        assert len(told.said) < 1_500
        if "close" in body:
            assert counted.error.startswith(GONE.format("it was closed")), (name, counted)
            assert counted.seen == counted.error
        assert re.match(rf"PASS \d+\.\d {name}\n", after.said), (name, body, after)
        assert int(alive.said) > 100


@pytest.mark.parametrize("lesson", WITH_LAB)
def test_a_lab_killed_between_cells(lesson):
    """All other cells without a lab, which say so; then comes the lesson from its first cell, each cell twice."""
    parts, _ = session(lesson)
    assert [result.error for result in parts["killed"] if result.error] == []
    without = parts["without"]
    for result in without:
        assert result.error == "" or is_clear(result), result
        if result.error.startswith("LabClosed"):
            assert result.error.startswith(GONE.format("its agent was ended by signal 9"))
        if "LabClosed" in result.said:
            assert re.match("NOT SEEN YET: the experiment stopped. LabClosed: The lab is gone: .*", result.said)
    assert any(result.error.startswith("LabClosed") for result in without) or lesson == "03_checksum"  # it sends once


@pytest.mark.parametrize("lesson", NAMES)
def test_every_cell_may_be_run_twice(lesson):
    """No port and no address is used up by the first time; and no conversation stays open."""
    twice = [cell for cell in code_cells(lesson) for _ in (1, 2)]
    ran_twice = session(lesson)[0]["twice"]
    if lesson in SPEAKERS:
        for cell, states in zip(twice, ran_twice[1::2], strict=True):
            assert states.said == "'all is closed'", (cell, states)
        ran_twice = ran_twice[::2]
    for cell, result in zip(twice, ran_twice, strict=True):
        assert bool(result.error) == ("raises-exception" in cell.tags), (cell, result)
        assert not result.said.startswith(("TODO", "TRY AGAIN", "NOT SEEN YET")), (cell, result)
        assert "check" not in cell.tags or result.said.startswith("PASS"), (cell, result)


@pytest.mark.parametrize("lesson", NAMES)
def test_where_no_lab_can_be_had(lesson):
    """The first cell says so; a cell that needs the lab, or what such a cell makes, says so too; "Run all" goes on."""
    if not can_refuse():
        pytest.skip("the numbers of this machine's system calls are not in tests/seccomp.py")
    cells, stopped = code_cells(lesson), ""
    for cell, result in zip(cells, session(lesson)[0]["no lab"], strict=True):
        if cell is cells[0] and lesson in WITH_LAB:
            assert result.printed.startswith("No lab can be had here. Tried:")
        assert not result.stops
        if not result.error:
            assert cell is cells[0] or not re.search(r"^with lab\.|^lab\.", cell.source, re.M), cell
            continue
        missing = re.match(r"NameError: name '(\w+)' is not defined\. Does a cell that needs the lab ", result.error)
        assert missing or result.error.startswith(
            "LabUnavailable: No lab could be had here, and this cell needs one."
        ), cell
        if missing:
            assert re.search(rf"\b{missing[1]}\b", stopped), cell
        else:  # it names the lab, or a function of a cell that does
            needs = "|".join(["lab", *re.findall(r"^def (\w+)", stopped, re.M)])
            assert re.search(rf"\b({needs})\b", cell.source), cell
        assert missing or result.seen == result.error
        stopped += cell.source + "\n"


WITHOUT_CABLES = """if True:
    import sys
    from IPython.core.interactiveshell import InteractiveShell
    from lesson_cells import code_cells

    shell = InteractiveShell.instance()
    for cell in code_cells(sys.argv[1]):
        done = shell.run_cell(cell.source.replace("lab = Lab()", 'lab = Lab("direct")'))
        assert done.success, (cell.source, done.error_in_exec)
    print("reached the end")
    """


@pytest.mark.parametrize("lesson", ["07_handshake", "08_bytes_not_messages", "20_url_to_wire"])
def test_where_a_lab_has_no_cables(lesson):
    """The first cell says so, then each that needs one or what such a cell makes; "Run all" reaches the end.

    Such a lab is the machine's own network, so the lesson runs in a private one.
    """
    with Lab() as private, contextlib.chdir(SOLVED), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        done = private.run([sys.executable, "-c", WITHOUT_CABLES, lesson])
    assert "It has no cables. A cell that needs one says so: go on with the next cell." in done.output
    assert "LabUnavailable: " in done.output
    assert done.output.endswith("reached the end\n")


@pytest.mark.parametrize("lesson", NAMES)
def test_the_machines_network_hears_nothing_of_the_lessons(lesson):
    _, heard = session(lesson)
    if heard.why_deaf:
        pytest.skip(heard.why_deaf)
    assert heard.frames > 100
    assert heard.of_lessons == []
