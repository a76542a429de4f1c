"""The two servers that lesson 20 starts: right questions, hostile ones, and who talks no TLS."""

import importlib.util
import socket
import ssl
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.lab import Lab, LabUnavailable

DATA = Path(__file__).parents[1] / "notebooks" / "data"
HOST = ("127.0.0.1", 53)


def loaded(name):
    specification = importlib.util.spec_from_file_location(name, DATA / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


dns = loaded("dns")


def query(*labels, number=7, flags=0x0100, questions=1, kind=1, inside=1):
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack("!6H", number, flags, questions, 0, 0, 0) + name + struct.pack("!2H", kind, inside)


ASKED = query(b"page", b"example")
FOUND = b"\0\7\x81\x80\0\1\0\1\0\0\0\0" + ASKED[12:] + b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\x0a\3\0\x50"


@pytest.mark.parametrize(
    ("question", "said"),
    {
        "right": (ASKED, FOUND),
        "large letters": (
            query(b"PAGE", b"Example"),
            FOUND[:12] + query(b"PAGE", b"Example")[12:] + FOUND[len(ASKED) :],
        ),
        "another name": (query(b"nobody"), b"\0\7\x81\x83\0\1\0\0\0\0\0\0" + query(b"nobody")[12:]),
        "a dot within a label": (query(b"page.example"), b"\0\7\x81\x83\0\1\0\0\0\0\0\0" + query(b"page.example")[12:]),
        "another type": (
            query(b"page", b"example", kind=28),
            b"\0\7\x81\x83\0\1\0\0\0\0\0\0" + query(b"page", b"example", kind=28)[12:],
        ),
        "no recursion wanted": (query(b"page", b"example", flags=0), b"\0\7\x80" + FOUND[3:]),
        "an answer": (query(b"page", b"example", flags=0x8100), None),
        "no question": (query(b"page", b"example", questions=0), None),
        "two questions": (query(b"page", b"example", questions=2), None),
        "no end of the name": (ASKED[:-5], None),
        "no class": (ASKED[:-1], None),
        "a pointer to itself": (ASKED[:12] + b"\xc0\x0c\0\1\0\1", None),
        "a label longer than all": (ASKED[:12] + b"\x3fpage\0\0\1\0\1", None),
        "dots, no lengths": (ASKED[:12] + b"page.example\0\0\1\0\1", None),
        "nothing": (b"", None),
    }.values(),
)
def test_what_the_name_server_says(question, said):
    assert dns.answer(question) == said


@given(st.binary(max_size=60).flatmap(lambda tail: st.sampled_from([tail, ASKED[:12] + tail, ASKED + tail])))
def test_no_question_ends_the_name_server(data):
    said = dns.answer(data)
    assert said is None or said[:2] == data[:2]


@pytest.fixture(scope="module")
def servers():
    try:
        made = Lab()
    except LabUnavailable as error:
        pytest.skip(str(error))
    with made as lab:
        names, site = (["python", DATA / f"{name}.py", HOST[0]] for name in ("dns", "tls"))
        yield lab, lab.start(names, port=53), lab.start(site, port=443)


def test_the_name_server_in_the_lab(servers):
    lab, *_ = servers
    with lab.socket(type=socket.SOCK_DGRAM) as asker:
        asker.settimeout(30)
        for data in (b"", bytes(600), ASKED[:20], ASKED):
            asker.sendto(data, HOST)
        assert asker.recv(512) == FOUND


def page(lab):
    context = ssl.create_default_context(cafile=DATA / "page.pem")
    with lab.socket() as plain:
        plain.settimeout(30)
        plain.connect((HOST[0], 443))
        with context.wrap_socket(plain, server_hostname="page.example") as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b"".join(iter(lambda: client.recv(1000), b""))


def test_the_site_outlives_who_talks_no_tls(servers):
    lab, _, site = servers
    for hello in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"):
        with lab.socket() as client:
            client.connect((HOST[0], 443))
            client.sendall(hello)
    assert page(lab).endswith(b"hello, and nobody on the way can read this\n")
    assert site.running
