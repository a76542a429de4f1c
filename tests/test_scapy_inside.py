"""Scapy's own functions in the lab: unchanged code, no root, nothing outside."""

import gc
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from processes import PATIENCE_S, descriptors, eventually, python
from scapy import sendrecv
from scapy.arch.linux import L2ListenSocket, L2Socket, L3PacketSocket
from scapy.base_classes import Net
from scapy.config import conf
from scapy.interfaces import NetworkInterface
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.layers.tuntap import TunTapInterface
from scapy.packet import Raw
from scapy.sendrecv import AsyncSniffer, send, sendp, sniff, sr, sr1
from scapy.supersocket import L3RawSocket, SuperSocket

from tcpkit.lab import Lab, LabClosed, LabError, scapy_inside

ROOT = Path(__file__).parents[1]
STORY = IP(dst="127.0.0.1") / TCP(sport=8989, dport=8000, flags="S", window=0) / Raw(bytes(44))
CHANGED = [(conf, name) for name in ("L3socket", "L3socket6", "L2socket", "L2listen", "route")]
CHANGED += [(NetworkInterface, name) for name in ("l3socket", "l2socket", "l2listen")] + [(sendrecv, "sndrcv")]


def state():
    """Return all that the block changes in scapy."""
    return [getattr(place, name) for place, name in CHANGED] + [vars(Net)["name2addr"], type(SuperSocket).__call__]


@pytest.fixture
def inside(lab):
    before = state()
    with lab.scapy():
        assert all(now is not then for now, then in zip(state(), before, strict=True))
        yield lab
    assert state() == before


def sniffed(act, **options):
    """Return what a sniffer hears while we act."""
    ready = threading.Event()
    sniffer = AsyncSniffer(started_callback=ready.set, **options)
    sniffer.start()
    assert ready.wait(PATIENCE_S)
    act()
    sniffer.join(PATIENCE_S)
    assert not sniffer.running
    return sniffer.results


def test_sr1_brings_the_storys_reset(inside):
    reply = sr1(STORY, timeout=PATIENCE_S, verbose=0)
    assert str(reply[TCP].flags) == "RA"
    assert (reply[TCP].ack, reply[TCP].sport, reply[TCP].dport) == (45, 8000, 8989)
    assert bytes(reply).hex().startswith("45000028000040004006 3cce".replace(" ", ""))
    assert type(reply) is IP


def test_sr1_with_no_timeout_as_in_any_script(inside):
    assert sr1(STORY, verbose=0)[TCP].ack == 45


def test_sr1_hears_silence(inside):
    assert sr1(IP(dst="127.0.0.1") / TCP(dport=8000, flags="R"), timeout=0.2, verbose=0) is None


def test_sr_many_ports_and_one_that_listens(inside):
    with inside.listen(8002):
        answered, silent = sr(
            IP(dst="127.0.0.1") / TCP(sport=8989, dport=(8000, 8019), flags="S"), timeout=PATIENCE_S, verbose=0
        )
    assert len(answered) == 20
    assert len(silent) == 0
    assert {sent.dport: str(reply[TCP].flags) for sent, reply in answered} == {
        port: "SA" if port == 8002 else "RA" for port in range(8000, 8020)
    }


def test_more_questions_than_a_buffer_holds_are_asked_in_a_thread(inside, monkeypatch):
    begun = []
    real = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: begun.append(thread) or real(thread))
    answered, silent = sr(
        IP(dst="127.0.0.1") / TCP(sport=8989, dport=(20_000, 20_999), flags="S"), timeout=PATIENCE_S, verbose=0
    )
    assert (len(answered), len(silent)) == (1_000, 0)
    assert len(begun) == 1


def test_udp_and_ping(inside):
    assert sr1(IP(dst="127.0.0.1") / UDP(dport=99), timeout=PATIENCE_S, verbose=0)[ICMP].type == 3
    assert sr1(IP(dst="127.0.0.1") / ICMP(), timeout=PATIENCE_S, verbose=0)[ICMP].type == 0


def test_send_is_captured_and_counted(inside):
    before = inside.counters()
    with inside.capture() as packets:
        send(STORY, verbose=0)
    assert [str(packet.segment.flags) for packet in packets] == ["S", "R."]
    assert (inside.counters() - before)["TcpOutRsts"] == 1


def test_a_checksum_that_is_left_wrong_stays_wrong(inside):
    before = inside.counters()
    assert sr1(IP(dst="127.0.0.1") / TCP(dport=8000, chksum=1), timeout=0.2, verbose=0) is None
    assert (inside.counters() - before)["TcpInCsumErrors"] == 1


def test_sniff_hears_each_packet_once_as_ethernet(inside):
    heard = sniffed(lambda: send(STORY, verbose=0), count=2)
    assert [type(packet) for packet in heard] == [Ether, Ether]
    assert [str(packet[TCP].flags) for packet in heard] == ["S", "RA"]


def test_sniff_itself_and_what_was_sent_before_is_not_heard(inside):
    sr1(STORY, timeout=PATIENCE_S, verbose=0)
    send(IP(dst="127.0.0.1") / TCP(dport=7777, flags="S"), verbose=0)
    threading.Timer(0.2, lambda: inside.send(bytes(TCP(bytes(STORY[TCP]))))).start()
    (first,) = sniff(count=1, timeout=PATIENCE_S, iface="lo")
    assert first[TCP].dport == 8000


def test_sniff_with_a_filter(inside):
    try:
        from scapy.arch.common import compile_filter

        compile_filter("tcp", linktype=1)
    except (ImportError, OSError) as error:
        pytest.skip(f"scapy needs libpcap to read a filter: {error}")
    both = IP(dst="127.0.0.1") / TCP(dport=[8000, 8001], flags="S")
    heard = sniffed(
        lambda: send([both, STORY / Raw(b"last")], verbose=0),
        filter="tcp dst port 8001 or tcp dst port 8989",
        count=2,
        iface="lo",
    )
    assert [packet[TCP].dport for packet in heard] == [8001, 8989]


def test_a_filter_that_makes_no_sense_leaves_no_socket_open(inside):
    gc.collect()  # what other tests have left
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for _ in range(3):
            with pytest.raises(Exception, match="filter"):
                sniff(filter="no such filter )", timeout=1)
        gc.collect()
    assert [warning for warning in heard if warning.category is ResourceWarning] == []


def test_two_listen_at_once(inside):
    def ask():
        for _ in range(3):
            assert sr1(STORY, timeout=PATIENCE_S, verbose=0)[TCP].ack == 45

    assert len(sniffed(ask, count=6)) == 6


def test_the_socket_stays_open(inside, monkeypatch):
    sr1(STORY, timeout=PATIENCE_S, verbose=0)
    held = descriptors()
    monkeypatch.setattr(inside._agent, "socket", lambda *_: pytest.fail("another socket was opened"))
    for _ in range(20):
        assert sr1(STORY, timeout=PATIENCE_S, verbose=0)[TCP].ack == 45
        send(STORY, verbose=0)
    assert descriptors() == held


def test_one_question_starts_no_thread(inside, monkeypatch):
    sr1(STORY, timeout=PATIENCE_S, verbose=0)
    monkeypatch.setattr(threading.Thread, "start", lambda thread: pytest.fail("a thread was started"))
    assert sr1(STORY, timeout=PATIENCE_S, verbose=0)[TCP].ack == 45


def test_a_block_leaves_no_descriptor_behind(lab):
    def block():
        with lab.scapy():
            sr1(STORY, timeout=PATIENCE_S, verbose=0)
        return len(descriptors())

    assert block() == [block() for _ in range(20)][-1]


@pytest.mark.parametrize("kind", [L3RawSocket, L3PacketSocket, L2Socket, L2ListenSocket])
def test_a_socket_class_that_was_imported_before_the_block(inside, kind):
    with kind(iface="lo") as made:
        sr1(STORY, timeout=PATIENCE_S, verbose=0)
        assert made.recv()[TCP].dport == 8000, "it heard the lab's packet"
        if kind in (L3RawSocket, L3PacketSocket):
            assert made.sr1(STORY, timeout=PATIENCE_S, verbose=0)[TCP].ack == 45


def test_what_would_work_outside_is_refused(inside):
    for call in (lambda: TunTapInterface("lab0"), lambda: SuperSocket(socket.AF_PACKET, socket.SOCK_RAW)):
        with pytest.raises(LabError, match="would work outside the lab"):
            call()
    with pytest.raises(LabError, match="is a name, and the lab has no name server"):
        send(IP(dst="localhost") / TCP(), verbose=0)


def test_hosts_and_cables_answer(inside):
    with inside.host("10.0.0.2"), Lab() as other, inside.cable(other):
        for address, source in (("10.0.0.1", "10.0.0.1"), ("10.1.0.2", "10.1.0.1")):
            question = IP(dst=address) / TCP(dport=8000, flags="S")
            assert question.src == source
            assert str(sr1(question, timeout=PATIENCE_S, verbose=0)[TCP].flags) == "RA"


def test_the_readmes_handshake_is_kept_from_the_kernels_reset(lab):
    readme = (ROOT / "README.md").read_text().partition("Scapy?")[2]
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[:2]
    names = {}
    exec(blocks[0], names)
    with names["lab"], names["lab"].capture() as packets:
        before = names["lab"].counters()
        exec(blocks[1], names)
        moved = names["lab"].counters() - before
    assert moved["TcpPassiveOpens"] == 1
    assert not packets, "all of it crossed the cable"


def test_a_host_sends_a_header_as_it_is(inside):
    with inside.host("10.0.0.2") as host, host.capture() as packets:
        send(IP(src="10.0.0.2", dst="10.0.0.1", chksum=7) / TCP(flags="S"), verbose=0)
    assert packets[0].data[10:12] == b"\0\7"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"len": 20}, "puts right the len and chksum of IP"), ({"chksum": 1}, "puts right the chksum of IP")],
)
def test_what_the_kernel_puts_right_is_said(inside, wrong, words):
    with pytest.warns(UserWarning, match=words):
        send(IP(dst="127.0.0.1", **({"chksum": 1} | wrong)) / TCP(flags="S"), verbose=0)


def test_a_damaged_header_gets_words(inside):
    with pytest.raises(OSError, match=r"its IP header is damaged. Its length \(ihl\) is 5 to 15"):
        send(IP(dst="127.0.0.1", ihl=4) / TCP(), verbose=0)


def test_a_socket_of_scapys_own_making(inside):
    with conf.L3socket() as made:
        assert made.sr1(STORY, timeout=PATIENCE_S, verbose=0)[TCP].ack == 45
        made.send(STORY)
        heard = [made.recv(), made.recv()]
        assert heard[0] is None, "its own packet, back from lo"
        assert heard[1][TCP].ack == 45
    assert made.closed


def test_frames_can_be_sent(inside):
    frame = Ether(src="00:00:00:00:00:00", dst="00:00:00:00:00:00") / STORY
    with inside.capture() as packets, pytest.warns(UserWarning, match=r"no Ethernet frame .* Take send, sr1"):
        sendp(frame, iface="lo", verbose=0)
    assert [packet.segment.destination_port for packet in packets][:1] == [8000]


@pytest.mark.parametrize("address", ["10.9.9.9", "192.0.2.1"])
def test_nothing_leaves_and_it_says_so(inside, address):
    for _ in range(2):
        with pytest.raises(OSError, match=rf"There is no way from here to {address}: nothing leaves the lab"):
            send(IP(src="127.0.0.1", dst=address) / TCP(), verbose=0)
    assert sr1(IP(src="127.0.0.1", dst=address) / TCP(), verbose=0) is None, "and it does not wait for ever"


def test_what_the_lab_does_not_speak(inside):
    for call in (lambda: send(IPv6(dst="::1") / TCP(), verbose=0), lambda: conf.L3socket6()):
        with pytest.raises(LabError, match="The lab speaks IPv4"):
            call()
    with pytest.raises(LabError, match=r"At layer 3 the lab sends IPv4 packets, IP\(...\); this is Ether"):
        conf.L3socket().send(Ether() / STORY)


def test_a_lab_that_closes_within_the_block(lab):
    before = state()
    with lab.scapy():
        sr1(STORY, timeout=PATIENCE_S, verbose=0)
        lab.close()
        for call in (
            lambda: sr1(STORY, timeout=1, verbose=0),
            lambda: send(STORY, verbose=0),
            lambda: sniff(timeout=1),
        ):
            with pytest.raises(LabClosed, match="The lab is gone"):
                call()
    assert state() == before


def test_a_closed_lab_changes_nothing(lab):
    before = state()
    lab.close()
    with pytest.raises(LabClosed), lab.scapy():
        pytest.fail("it was entered")
    assert state() == before


def test_an_error_within_the_block_puts_scapy_back(lab):
    before = state()
    with pytest.raises(ZeroDivisionError), lab.scapy():
        raise ZeroDivisionError
    assert state() == before


def test_an_interrupt_on_the_way_in_puts_scapy_back(lab, monkeypatch):
    before, real = state(), scapy_inside.without_thread

    def interrupted(sndrcv):
        signal.raise_signal(signal.SIGINT)
        return real(sndrcv)

    monkeypatch.setattr(scapy_inside, "without_thread", interrupted)
    with pytest.raises(KeyboardInterrupt), lab.scapy():
        pytest.fail("it was entered")
    assert state() == before


def test_an_interrupt_on_the_way_out_puts_scapy_back(lab, monkeypatch):
    """One that comes before interrupts are held."""
    before = state()

    def interrupted():
        monkeypatch.undo()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), lab.scapy():
        monkeypatch.setattr(scapy_inside, "uninterrupted", interrupted)
    assert state() == before


def test_blocks_within_blocks_and_again(lab):
    before = state()
    inside = lab.scapy()
    with Lab() as other:
        for _ in range(2):
            with inside:
                with other.scapy(), inside:
                    sr1(STORY, timeout=PATIENCE_S, verbose=0)
                moved = other.counters()
                sr1(STORY, timeout=PATIENCE_S, verbose=0)
                assert not other.counters() - moved
    assert state() == before
    assert lab.counters()["TcpOutRsts"] == 4


def test_the_lab_closes_what_scapy_held():
    held = descriptors()
    with Lab() as lab, lab.scapy():
        sr1(STORY, timeout=PATIENCE_S, verbose=0)
        assert descriptors() != held
    eventually(lambda: descriptors() == held)


def test_without_scapy_one_sentence(lab, monkeypatch):
    monkeypatch.setitem(sys.modules, "scapy", None)
    with pytest.raises(LabError, match=r"Scapy is not installed in this Python\. To get it: pip install scapy"):
        lab.scapy().__enter__()


def test_tcpkit_loads_no_scapy_before_the_block():
    code = "import sys; from tcpkit import Lab; Lab().scapy(); print('scapy' in sys.modules)"
    assert python(code).strip() == "False"


def source(lesson):
    return (ROOT / "notebooks" / "source" / f"{lesson}.py").read_text()


@pytest.mark.parametrize(
    ("lesson", "most", "printed"),
    [
        ("04_something_answered", 6, r"RA 45\n"),
        ("07_handshake", 7, r"(?s) +state +remote\n.* ESTABLISHED +10\.0\.0\.2:4000\n.*"),
    ],
)
def test_the_folded_lines_of_lessons(lesson, most, printed, lab, capsys):
    lines = re.search(r"The same in Scapy.*?</summary>.*?```python\n(.*?)# ```", source(lesson), re.DOTALL)[1]
    code = re.sub(r"^# ?", "", lines, flags=re.MULTILINE)
    me = lab.host("10.0.0.2")
    world = {"lab": lab, "me": me, "server": lab.listen(8000, me.gateway)}
    exec(code, world)
    assert re.fullmatch(printed, capsys.readouterr().out)
    eventually(lambda: [*lab.sockets().state] == ["LISTEN"])
    assert len([line for line in code.splitlines() if line]) <= most


def test_what_lesson_06_says_of_a_packet_that_was_read():
    packet = IP(bytes(STORY))
    less, empty = re.findall(r"`((?:del )?packet\[(?:Raw|IP)\][^`]*)`", source("06_tools_lie"))
    for line, length in ((less, 84), (empty, 43)):
        exec(line)
        assert (len(bytes(packet)), bytes(packet)[3]) == (43, length)


SCRIPT = """
import os
from scapy.all import *
from tcpkit import Lab
lab = Lab()
with lab.scapy():
    reply = sr1(IP(dst="127.0.0.1") / TCP(sport=8989, dport=8000, flags="S", window=0) / Raw(bytes(44)), verbose=0)
    send(IP(dst="127.0.0.1") / TCP(dport=8000), verbose=0)
    answered, silent = sr(IP(dst="127.0.0.1") / TCP(dport=[1, 2]), timeout=30, verbose=0)
print(os.getuid(), reply[TCP].flags, reply[TCP].ack, len(answered), len(silent))
"""


def test_an_unchanged_script_of_an_ordinary_user(tmp_path):
    """As root this becomes nobody first: no capability is left then."""
    ordinary = {} if os.getuid() else {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    environment = os.environ | {"PYTHONPATH": path, "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    options = {"capture_output": True, "text": True, "timeout": PATIENCE_S, "cwd": "/", "env": environment} | ordinary
    try:
        can = subprocess.run([sys.executable, "-c", "import scapy, tcpkit"], **options).returncode == 0
    except PermissionError:
        can = False
    if not can:
        pytest.skip(f"an ordinary user may not read {sys.executable} or what it imports")
    done = subprocess.run([sys.executable, "-c", SCRIPT], **options)
    assert done.returncode == 0, done.stderr
    user, flags, ack, answered, silent = done.stdout.split()
    assert (flags, ack, answered, silent) == ("RA", "45", "2", "0")
    assert int(user) != 0
