"""What `import tcpkit` offers and leaves alone, and which way imports go."""

import ast
import subprocess
import sys
import typing
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import tcpkit

HEAVY = {"numpy", "pandas", "matplotlib", "scapy", "dpkt", "IPython", "socket", "dataclasses"}

TOP = Path(tcpkit.__file__).parent
ARROWS = {  # room, or module beside the rooms -> what it may import
    "wire": set(),
    "draw": {"wire"},
    "stack": {"wire"},
    "capture": {"draw", "wire"},
    "zoo": {"stack", "wire"},
    "check": {"capture", "draw", "stack", "wire", "zoo"},
    "lab": {"capture", "stack", "wire"},
    "marks": {"check", "lab"},
    "mine": {"check", "draw", "lab", "stack"},
    "playground": {"capture", "draw", "lab", "wire"},
    "story": {"lab", "wire"},
    "__main__": {"lab", "marks", "story"},
    "": {"capture", "check", "lab", "wire"},  # tcpkit/__init__.py, by name for type checkers only
}


def module_name(path: Path) -> str:
    """Return the name by which a file of tcpkit is imported."""
    return ".".join(path.relative_to(TOP.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in TOP.rglob("*.py")}


def imported(path: Path) -> set[str]:
    """Return the modules of tcpkit that a file imports anywhere, for type checkers too."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are absolute"
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else node.module for name in members}
    return names & set(MODULES)


def room_of(module: str) -> str:
    return [*module.split("."), ""][1]


def test_no_import_circle_and_every_arrow_is_in_the_plan():
    graph = {name: imported(path) for name, path in MODULES.items()}
    arrows = {(room_of(name), room_of(other)) for name, others in graph.items() for other in others}
    planned = {(room, other) for room, others in ARROWS.items() for other in {room, *others}}
    assert arrows - planned == set()
    TopologicalSorter(graph).prepare()  # CycleError names the modules of a circle


def test_the_labs_core_loads_no_cables():
    loaded = modules_after("; ".join(f"import {name}" for name in MODULES if name.count(".") == 2 and ".lab." in name))
    assert "tcpkit.lab.explain" in loaded
    assert not {name for name in loaded if name.startswith("tcpkit.lab.cables.")}


def modules_after(code: str) -> set[str]:
    """Return the names of all modules that a fresh Python loads for this."""
    script = f"import sys; before = set(sys.modules); {code}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_importing_loads_neither_a_room_nor_anything_heavy():
    loaded = modules_after("import tcpkit; assert {*tcpkit.__all__, *tcpkit.ROOMS} <= {*dir(tcpkit)}")
    assert "tcpkit" in loaded
    assert not {name for name in loaded if name.startswith("tcpkit.")}
    assert not {name.split(".")[0] for name in loaded} & HEAVY


@pytest.mark.parametrize("name", ["Segment", "Capture", "Lab", "Verdict"])
def test_no_name_brings_numbers_or_plots_with_it(name):
    loaded = {module.split(".")[0] for module in modules_after(f"from tcpkit import {name}")}
    assert "tcpkit" in loaded
    assert not loaded & {"numpy", "pandas", "matplotlib", "scapy", "dpkt", "IPython"}


def test_wire_stays_within_its_room():
    loaded = modules_after("from tcpkit import checksum; checksum(bytes(4000))")
    assert not {name for name in loaded if name.startswith("tcpkit.") and not name.startswith("tcpkit.wire")}
    assert not loaded & {"socket", "numpy"}


@pytest.mark.parametrize("name", tcpkit.__all__)
def test_every_promised_name_is_its_rooms_own(name):
    room = getattr(tcpkit, tcpkit.ELSEWHERE.get(name, "wire"))
    assert getattr(tcpkit, name) is getattr(room, name)
    assert name in room.__all__
    assert name in vars(tcpkit)


def test_the_names_for_type_checkers_are_the_names_at_run_time(monkeypatch):
    monkeypatch.setattr(typing, "TYPE_CHECKING", True)
    with open(tcpkit.__file__, encoding="utf-8") as source:
        told: dict[str, object] = {"__name__": "tcpkit"}
        exec(compile(source.read(), tcpkit.__file__, "exec"), told)
    assert {name for name in tcpkit.__all__ if name in told} == set(tcpkit.__all__)
    assert all(told[name] is getattr(tcpkit, name) for name in tcpkit.__all__)


@pytest.mark.parametrize("room", tcpkit.ROOMS)
def test_a_room_can_be_walked_into(room):
    code = f"import tcpkit; tcpkit.{room}.__all__"
    assert f"tcpkit.{room}" in modules_after(code)


def test_an_unknown_name_is_told_what_there_is():
    with pytest.raises(AttributeError, match=r"tcpkit has no 'Segmant'. It has: .*Segment") as caught:
        _ = tcpkit.Segmant
    assert caught.value.name == "Segmant"
    assert not hasattr(tcpkit, "Flagz")
