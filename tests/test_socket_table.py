"""The table of the lab's sockets: who listens, who talks, who holds them."""

import os
import signal
import socket
import sys
from contextlib import ExitStack

import pytest
from processes import PATIENCE_S, eventually

from tcpkit.lab import Lab, LabClosed, socket_table
from tcpkit.lab.socket_table import NOTEBOOK, STATES, address
from tcpkit.wire import Flags

COLUMNS = ["state", "local", "remote", "unread", "unsent", "program", "pid"]


def rows(lab):
    return [tuple(row) for row in lab.sockets()[["state", "local", "remote", "program", "pid"]].itertuples(index=False)]


def test_empty_table_has_its_columns_and_types(lab):
    table = lab.sockets()
    assert list(table.columns) == COLUMNS
    assert len(table) == 0
    with lab.listen(8000):
        assert list(table.dtypes) == list(lab.sockets().dtypes)


def test_the_notebooks_own_listener(lab):
    with lab.listen(8000):
        assert rows(lab) == [("LISTEN", "127.0.0.1:8000", "", NOTEBOOK, os.getpid())]
    assert rows(lab) == []


def test_a_programs_listener(lab):
    code = "import socket, time; s = socket.create_server(('127.0.0.1', 8000)); time.sleep(100_000)"
    server = lab.start(["python", "-c", code], port=8000)
    ((state, local, remote, program, pid),) = rows(lab)
    assert (state, local, remote, pid) == ("LISTEN", "127.0.0.1:8000", "", server.pid)
    assert program.startswith("python")
    server.stop()


def test_a_conversation_through_its_states(lab):
    with lab.listen(8000) as listener, lab.socket() as client:
        client.bind(("127.0.0.1", 5000))
        client.connect(("127.0.0.1", 8000))
        server, _ = listener.accept()
        assert set(rows(lab)) == {
            ("LISTEN", "127.0.0.1:8000", "", NOTEBOOK, os.getpid()),
            ("ESTABLISHED", "127.0.0.1:5000", "127.0.0.1:8000", NOTEBOOK, os.getpid()),
            ("ESTABLISHED", "127.0.0.1:8000", "127.0.0.1:5000", NOTEBOOK, os.getpid()),
        }
        client.shutdown(socket.SHUT_WR)
        half = {("FIN-WAIT-2", "127.0.0.1:5000"), ("CLOSE-WAIT", "127.0.0.1:8000")}
        eventually(lambda: half <= {row[:2] for row in rows(lab)})  # an ACK may be late
        server.close()
        eventually(lambda: ("TIME-WAIT", "127.0.0.1:5000") in {row[:2] for row in rows(lab)})
        table = lab.sockets().set_index("state")
        assert table.loc["TIME-WAIT", "program"] == ""
        assert table.loc["TIME-WAIT"].isna()["pid"]


def test_what_nobody_has_read_accepted_or_acknowledged(lab):
    me = lab.host()
    with lab.listen(8000, me.gateway) as listener, me.talk(8000) as talk:

        def counts():
            table = lab.sockets().set_index("state").sort_index()
            return table[["unread", "unsent"]].to_dict("split")["data"]

        talk.dial()
        talk.say(Flags.ACK, b"pay 100 to Ada\n")
        assert talk.hear(PATIENCE_S).ack == 16
        assert counts() == [[15, 0], [1, 0]], "ESTABLISHED, LISTEN"
        server, _ = listener.accept()
        with server:
            server.recv(4)
            server.sendall(b"no")
            assert counts() == [[11, 2], [0, 0]]


def test_rows_are_sorted_by_state_local_and_remote(lab):
    with ExitStack() as opened:
        for port in (8003, 8001, 8004, 8002):
            listener = opened.enter_context(lab.listen(port))
            for _ in range(3):
                opened.enter_context(lab.socket()).connect(("127.0.0.1", port))
                opened.enter_context(listener.accept()[0])
        table = [row[:3] for row in rows(lab)]
    assert len(table) == 4 + 2 * 4 * 3
    assert table == sorted(table)


def test_labs_show_their_own_sockets_only(lab):
    with Lab() as other, other.listen(8000):
        assert rows(lab) == []
        assert len(rows(other)) == 1


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("0100007F:1F40", "127.0.0.1:8000"),
        ("00000000:0000", ""),
        ("00000000:0050", "0.0.0.0:80"),
        ("00000000000000000000000001000000:1F40", "[::1]:8000"),
        ("0000000000000000FFFF00000100007F:1F40", "[::ffff:127.0.0.1]:8000"),
    ],
)
def test_addresses_as_the_kernel_writes_them(text, meaning):
    if sys.byteorder != "little":
        pytest.skip("these lines are of a little-endian machine")
    assert address(text) == meaning


def test_an_agent_that_ends_between_two_looks(lab, monkeypatch):
    def read_and_kill(agent):
        os.kill(agent.pid, signal.SIGKILL)
        os.waitid(os.P_PID, agent.pid, os.WEXITED | os.WNOWAIT)
        return []

    monkeypatch.setattr(socket_table, "read_tables", read_and_kill)
    with pytest.raises(LabClosed, match="The lab is gone"):
        lab.sockets()


def test_states_by_their_numbers():
    assert (STATES[1 - 1], STATES[6 - 1], STATES[10 - 1], STATES[12 - 1]) == (
        "ESTABLISHED",
        "TIME-WAIT",
        "LISTEN",
        "SYN-RECEIVED",
    )
