"""The doctor's one screen."""

import subprocess
import sys

import pytest

from tcpkit.lab import doctor, kinds


def attempts(**results):
    return lambda kind: results.get(kind) or kinds.Attempt(kind, None, "it was refused (for a reason)", "Do this.")


def test_doctor_is_well_here(lab):
    done = subprocess.run([sys.executable, "-m", "tcpkit", "doctor"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "The lab: Lab() works here." in done.stdout
    assert "  namespace  works: a private network in a user namespace" in done.stdout
    assert len(done.stdout.splitlines()) <= 24
    assert max(map(len, done.stdout.splitlines())) <= 240


def test_doctor_without_a_lab(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "attempt", attempts())
    assert doctor.main() == 1
    said = capsys.readouterr().out
    assert "Lab() does not work here. Open the course on Binder" in said
    assert "  namespace  no: it was refused (for a reason)\n             Do this." in said
    assert "  direct     no: it was refused (for a reason)" in said


def test_direct_alone_is_no_lab(monkeypatch, capsys):
    class Agent:
        def close(self):
            pass

    monkeypatch.setattr(doctor, "attempt", attempts(direct=kinds.Attempt("direct", Agent())))
    assert doctor.main() == 1
    said = capsys.readouterr().out
    assert "  direct     works: this machine's own loopback: needs CAP_NET_RAW" in said
    assert "Lab() does not work here" in said


def test_doctor_names_each_tool_that_is_missing(monkeypatch):
    monkeypatch.setattr(doctor, "attempt", attempts())
    monkeypatch.setattr(doctor, "find", lambda name: None)
    screen, _ = doctor.report()
    for name, package in (("tcpdump", "tcpdump"), ("lsof", "lsof"), ("ss", "iproute2")):
        (line,) = [line for line in screen.splitlines() if line.strip().startswith(name)]
        assert "not found. To get it: " in line
        assert package in line


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho tool version 4.99.3\n", "tool version 4.99.3"),
        ("#!/bin/sh\necho nothing\n", "here"),
        ("#!/bin/sh\nexit 1\n", "here"),
        ("#!/bin/sh\nsleep 100\n", "here"),
        ("#!/no/such/interpreter\n", "here"),
        ("#!/bin/sh\nprintf '\\377 version 1\\n'\n", "version 1"),
    ],
)
def test_versions_of_strange_tools(monkeypatch, tmp_path, script, said):
    monkeypatch.setattr(doctor, "PATIENCE_S", 0.5)
    strange = tmp_path / "tcpdump"
    strange.write_text(script)
    strange.chmod(0o755)
    assert said in doctor.version(str(strange), "tcpdump")
