"""Our stack against the real kernel, in the lab: the heart of the matter."""

from __future__ import annotations

import random
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from itertools import count, cycle

import pytest
from transfers import ENOUGH_S, KERNEL, KERNEL_SIDE, OURS, PORT, Pump, at_work, both_ways, digest

from tcpkit.stack.congestion import Cubic
from tcpkit.stack.link import Drop, Link, opens_again
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.states import State
from tcpkit.wire import Flags, Segment, TCPHeader

ROLES = ("dials", "is dialled")  # by turns, as they differ in the first packets only
OPTIONS = ("sack", "timestamps", "window_scale")
# RFC 6298's minimum of 1 s for each segment that is lost twice would make these tests long; Linux takes 0.2 s.
HASTY = Settings(rto_min_s=0.03)


def shaken(loss: float) -> Link | None:
    """Return a link that loses, swaps and doubles; None for one that does nothing."""
    return Link(loss=loss, reordering=0.01, duplication=0.01, seed=7) if loss else None


@pytest.mark.parametrize(("loss", "role"), [(0, "is dialled"), (0.01, "dials")])
def test_thirty_megabytes_each_way(lab, role, loss):
    seen, sent = both_ways(lab, role, 30_000_000, HASTY, shaken(loss))
    assert seen == sent


@pytest.mark.parametrize(
    ("loss", "size", "role"),
    [(0.05, 5_000_000, "is dialled"), (0.1, 3_000_000, "dials"), (0.3, 100_000, "is dialled")],
)
def test_what_a_bad_link_still_carries(lab, role, loss, size):
    seen, sent = both_ways(lab, role, size, HASTY, shaken(loss))
    assert seen == sent


@pytest.mark.parametrize(("mtu", "role"), [*zip([576, 1500, 9000, 65_535], cycle(ROLES[::-1]))])
def test_every_size_of_packet(lab, role, mtu):
    seen, sent = both_ways(lab, role, 3_000_000, Settings(mtu=mtu, rto_min_s=0.03))
    assert seen == sent


@pytest.mark.parametrize(
    ("without", "role"),
    [*zip([("sack",), ("timestamps",), ("window_scale",), ("sack", "timestamps", "window_scale")], cycle(ROLES))],
)
def test_each_option_left_out(lab, role, without):
    settings = Settings(rto_min_s=0.03, **dict.fromkeys(without, False))
    seen, sent = both_ways(lab, role, 1_000_000, settings, shaken(0.02))
    assert seen == sent


def test_cubic(lab):
    settings = Settings(rto_min_s=0.03, pieces=Pieces(congestion=Cubic))
    seen, sent = both_ways(lab, "dials", 3_000_000, settings, shaken(0.01))
    assert seen == sent


@pytest.mark.parametrize("isn", [0, 1, 2**31 - 1, 2**31, 2**32 - 70_000, 2**32 - 1])
def test_any_first_number_of_the_kernel_s_which_wraps_on_the_way(lab, isn):
    seen, sent = both_ways(lab, "is dialled", 300_000, HASTY, shaken(0.02), isn=isn)
    assert seen == sent


@pytest.mark.parametrize("isn", [0, 1, 2**31 - 1, 2**31, 2**32 - 70_000, 2**32 - 1])
def test_any_first_number_of_ours_which_wraps_on_the_way(lab, isn):
    seen, sent = both_ways(lab, ROLES[isn % 2], 300_000, replace(HASTY, iss=isn), shaken(0.02))
    assert seen == sent


def first_with(flag: Flags) -> Callable[[Segment], bool]:
    """Return a choice for `Drop`: the first segment with this flag."""
    numbers = count(1)
    return lambda segment: flag in segment.flags and next(numbers) == 1


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("flag", [Flags.SYN, Flags.FIN, Flags.PSH])
def test_any_first_packet_may_be_lost(lab, role, flag):
    seen, sent = both_ways(lab, role, 10_000, HASTY, Drop(there=first_with(flag), back=first_with(flag)))
    assert seen == sent


def test_damaged_packets_do_not_reach_the_reader(lab):
    seen, sent = both_ways(lab, "dials", 1_000_000, HASTY, Link(corruption=0.02, seed=3))
    assert seen == sent


SLOW_READER = r"""
import hashlib, socket, time
listener = socket.create_server(("", 8000))
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 60_000)
connection, _ = listener.accept()
time.sleep(1)
seen, count = hashlib.sha256(), 0
while piece := connection.recv(1 << 20):
    seen.update(piece)
    count += len(piece)
print(count, seen.hexdigest())
"""


def test_window_update_that_is_lost_is_asked_for(lab):
    """The kernel's reader sleeps until its window is 0; the one packet that opens it again is lost."""
    data = random.Random(5).randbytes(1_000_000)
    is_chosen, chosen = opens_again(), []

    def is_update(segment: Segment) -> bool:
        chosen.append(is_chosen(segment))
        return chosen[-1]

    with at_work(lab, HASTY, Drop(back=is_update)) as (stack, running):
        reader = lab.start(["python", "-c", SLOW_READER], port=PORT)
        pump = Pump(running.do(lambda now: stack.connect(KERNEL, PORT, now)), data)
        running.wait_for(pump, ENOUGH_S)
        assert reader.wait(ENOUGH_S) == 0, reader.output
    assert any(chosen)
    assert reader.output.strip() == digest(data)


def test_forged_rst_in_the_window_does_not_end_a_connection(lab):
    with at_work(lab, HASTY) as (stack, running):
        lab.start(["python", "-c", KERNEL_SIDE, "listens", OURS, str(PORT), "100000", "2", "-1"], port=PORT)
        connection = running.do(lambda now: stack.connect(KERNEL, PORT, now))
        running.wait_for(lambda: connection.unread == 100_000, ENOUGH_S)
        with lab.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            for _ in range(100):
                seq = running.do(lambda now: connection.rcv.nxt + 100)
                rst = Segment(TCPHeader(PORT, connection.local[1], seq % 2**32, flags=Flags.RST))
                raw.sendto(rst.packet(KERNEL, OURS), (OURS, 0))
        pump = Pump(connection, b"")
        running.wait_for(pump, ENOUGH_S)
        assert pump.seen == digest(random.Random(2).randbytes(100_000))
        assert connection.error is None


MANY_DIALS = r"""
import socket, sys
from concurrent.futures import ThreadPoolExecutor
count, at_once = map(int, sys.argv[1:])

def call(number):
    with socket.create_connection(("10.0.0.2", 8000), timeout=60) as connection:
        connection.sendall(b"%d\n" % number)
        connection.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: connection.recv(100), b""))
    return said == b"you are %d\n" % number

with ThreadPoolExecutor(at_once) as pool:
    print(sum(pool.map(call, range(count))))
"""


class Answering:
    """A server on our stack: says each caller its number."""

    def __init__(self, listener, count: int) -> None:
        self.listener, self.count = listener, count
        self.open: dict = {}

    def __call__(self) -> bool:
        """Do what can be done now; say whether all callers have their answer."""
        while connection := self.listener.accept():
            self.open[connection] = b""
        for connection in list(self.open):
            self.open[connection] += connection.recv()
            if connection.has_ended:
                connection.send(b"you are " + self.open.pop(connection))
                connection.close()
                self.count -= 1
        return self.count == 0


@pytest.mark.parametrize(("count", "at_once"), [(1000, 1), (1000, 200)])
def test_a_thousand_connections_from_the_kernel(lab, count, at_once):
    with at_work(lab) as (stack, running):
        server = Answering(running.do(lambda now: stack.listen(PORT, backlog=256)), count)
        program = lab.start(["python", "-c", MANY_DIALS, str(count), str(at_once)])
        running.wait_for(server, ENOUGH_S)
        program.wait(ENOUGH_S)
        assert program.output == f"{count}\n"
        assert running.do(lambda now: {each.state for each in stack.connections}) <= {
            State.TIME_WAIT,
            State.LAST_ACK,
            State.CLOSED,
        }


MANY_ANSWERS = r"""
import socket
listener = socket.create_server(("", 8000), backlog=256)
while True:
    connection, _ = listener.accept()
    connection.sendall(b"hello")
    connection.close()
"""


@pytest.mark.parametrize("at_once", [1, 200])
def test_a_thousand_connections_to_the_kernel(lab, at_once):
    with at_work(lab) as (stack, running):
        lab.start(["python", "-c", MANY_ANSWERS], port=PORT)
        heard = []
        for _ in range(1000 // at_once):
            calls = running.do(lambda now: [stack.connect(KERNEL, PORT, now) for _ in range(at_once)])
            said = dict.fromkeys(calls, b"")

            def listen(said=said) -> bool:
                for call in said:
                    said[call] += call.recv()
                    if call.state is State.CLOSE_WAIT:
                        call.close()
                return all(call.has_ended and call.state is State.CLOSED for call in said)

            running.wait_for(listen, ENOUGH_S)
            heard += said.values()
        assert heard == [b"hello"] * 1000


class OnePage:
    """An HTTP server on our stack, of one large page."""

    def __init__(self, listener, page: bytes) -> None:
        self.listener, self.page = listener, page
        self.asked: dict = {}
        self.pumps: list[Pump] = []

    def __call__(self) -> bool:
        """Do what can be done now; say whether the page was asked for, and is sent."""
        if connection := self.listener.accept():
            self.asked[connection] = b""
        for connection in list(self.asked):
            self.asked[connection] += connection.recv()
            if b"\r\n\r\n" in self.asked[connection]:
                head = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.page)
                self.pumps.append(Pump(connection, head + self.page))
                del self.asked[connection]
        sent = [pump() for pump in self.pumps]
        return bool(sent) and all(sent)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_fetches_a_page_from_our_stack(lab, tmp_path):
    page = random.Random(3).randbytes(30_000_000)
    with at_work(lab, HASTY, shaken(0.01)) as (stack, running):
        server = OnePage(running.do(lambda now: stack.listen(80)), page)
        curl = lab.start(
            ["curl", "--silent", "--show-error", "--output", str(tmp_path / "page"), f"http://{OURS}/page"]
        )
        running.wait_for(server, ENOUGH_S)
        assert curl.wait(ENOUGH_S) == 0, curl.output
    assert (tmp_path / "page").read_bytes() == page


NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
events {{ }}
http {{
    access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{ listen 8000; root {folder}; }}
}}
"""


def nginx_is_missing() -> bool:
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin") is None


@pytest.mark.skipif(nginx_is_missing(), reason="nginx is not installed")
def test_our_stack_fetches_a_page_from_nginx(lab, tmp_path):
    page = random.Random(4).randbytes(30_000_000)
    (tmp_path / "page").write_bytes(page)
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path))
    with at_work(lab, HASTY, shaken(0.01)) as (stack, running):
        lab.start(["nginx", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "errors")], port=8000)
        connection = running.do(lambda now: stack.connect(KERNEL, 8000, now))
        running.do(lambda now: connection.send(b"GET /page HTTP/1.0\r\n\r\n"))
        said = bytearray()

        def fetch() -> bool:
            said.extend(connection.recv(1 << 20))
            return connection.has_ended

        running.wait_for(fetch, ENOUGH_S)
    head, _, body = bytes(said).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert digest(body) == digest(page)
