"""A notebook's bad luck: a kernel restarted in mid-cell, a cell or a check interrupted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyter_client import KernelManager
from jupyter_client.blocking import BlockingKernelClient
from processes import PATIENCE_S, eventually, is_alive, mark, marked

IN_MID_CELL = """
from tcpkit import Lab
lab = Lab()
with lab.capture() as packets:
    lab.start("sleep {0}")
    lab.run("sleep {0}", timeout_s=None)
"""
AFTERWARDS = """
from tcpkit import Lab
lab = Lab()
with lab.capture() as packets:
    lab.send(bytes.fromhex("231d1f4000000000000000001002000000000000"))
print(len(packets))
"""


@pytest.fixture
def kernel() -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE_S)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def printed(client: BlockingKernelClient, code: str) -> str:
    """Run code in the kernel, and return what it printed."""
    said = []
    reply = client.execute_interactive(
        code,
        timeout=PATIENCE_S,
        output_hook=lambda message: said.append(message["content"].get("text", "")),
    )
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(said).strip()


def test_kernel_restarted_in_mid_cell_leaves_nothing_and_starts_again(kernel) -> None:
    manager, client = kernel
    seconds = mark()
    client.execute(IN_MID_CELL.format(seconds))
    inside = eventually(lambda: len(marked(seconds)) == 2 and marked(seconds))
    manager.restart_kernel(now=True)
    eventually(lambda: not any(map(is_alive, inside)))
    client.wait_for_ready(timeout=PATIENCE_S)
    assert printed(client, AFTERWARDS) == "1"


def test_interrupted_cell_keeps_the_lab(kernel) -> None:
    manager, client = kernel
    printed(client, "from tcpkit import Lab\nlab = Lab()")
    seconds = mark()
    client.execute(f"lab.run('sleep {seconds}', timeout_s=None)", stop_on_error=False)
    inside = eventually(lambda: marked(seconds))
    manager.interrupt_kernel()
    eventually(lambda: not any(map(is_alive, inside)))
    assert printed(client, "print(lab.run('echo still here'))") == "still here"


STOPPED = """
from pathlib import Path
from tcpkit import Lab
from tcpkit.check import call, lesson{number} as check
from tcpkit.check.deadline import Deadline
call.Deadline = lambda limit_s: Deadline(100_000)  # this kernel may be slow: only our interrupt may end it
lab = Lab()
def {name}(*arguments):
    while True:
        Path({path!r}).touch()
print(check.{name}({name}{lab}))
"""


@pytest.mark.parametrize(
    ("number", "name", "lab"),
    [("01", "port_bytes", ""), ("04", "ack_for_offset", ", lab"), ("05", "answer", ", lab"), ("05", "probe", ", lab")],
)
def test_stop_button_in_a_check_gets_a_sentence(kernel, tmp_path, number, name, lab) -> None:
    """Judged by itself, by the kernel that was asked before, and by the kernel that is asked meanwhile."""
    manager, client = kernel
    looping = tmp_path / "looping"
    client.execute(STOPPED.format(number=number, name=name, lab=lab, path=str(looping)))
    eventually(looping.exists)
    manager.interrupt_kernel()
    while (message := client.get_iopub_msg(timeout=PATIENCE_S))["msg_type"] != "stream":
        assert message["msg_type"] != "error", message["content"]
    said = message["content"]["text"]
    assert f"{name}: For " in said
    assert "it was interrupted before it came back. If you did not stop it: does a loop never end there?" in said
    assert printed(client, "print(lab.run('echo still here'))") == "still here"


OPENED = """
import asyncio
from tcpkit import Lab
from tcpkit.lab.cables import watched_lock
from tcpkit.lab.cables.door import Door
from tcpkit.stack.reassembler import Reassembler
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
watched_lock.LONGEST_HOLD_S = 1.0
lab = Lab()
host = lab.host()
source = lab.source(b"all of it")
async def talk(pieces=Pieces(), door=Door()):
    async with host.asyncio(Stack("10.0.0.2", Settings(pieces=pieces)), door):
        reader, writer = await asyncio.open_connection("10.0.0.1", 8000)
        print(await reader.read())
async def serve():
    async with host.asyncio(Stack("10.0.0.2")):
        await asyncio.start_server(lambda reader, writer: (writer.write(b"hello"), writer.close()), None, 80)
        print(await lab.start("curl -s --http0.9 http://10.0.0.2/"))
        lab.run("curl -s --http0.9 http://10.0.0.2/")
"""
ENDLESS = """class Mine(Reassembler):
    def add(self, at, data):
        while True: pass
async def until(line, predicate):
    while not predicate(): pass
"""
ENDED = "The stack on 10.0.0.2 has not come back for 1 s: it is in {}, line {} of your cell. It was ended. "


def test_asyncio_in_a_notebook_survives_endless_pieces_and_doors(kernel) -> None:
    _, client = kernel
    assert printed(client, f"{OPENED}await talk()") == "b'all of it'"
    assert printed(client, ENDLESS) == ""
    for call, place in (("pieces=Pieces(reassembler=Mine)", ("Mine.add", 3)), ("door=Door(until=until)", ("until", 5))):
        error = client.execute_interactive(f"await talk({call})", timeout=PATIENCE_S)["content"]
        assert error["ename"] == "NeverReturns"
        assert ENDED.format(*place) in error["evalue"]
        assert printed(client, "await talk()") == "b'all of it'"
    error = client.execute_interactive("await serve()", timeout=PATIENCE_S)["content"]
    assert error["evalue"].endswith("await lab.start('curl -s --http0.9 http://10.0.0.2/')")


QUERY = """
import asyncio, asyncpg
from pathlib import Path
from tcpkit import Lab
from tcpkit.lab import postgres
from tcpkit.stack.stack import Stack
lab = Lab()
database = postgres.start(lab)
async def ask(query, path=None):
    host = lab.host()
    async with host.asyncio(Stack(host.address)):
        connection = await asyncpg.connect(database.url)
        try:
            if path:
                Path(path).touch()
            print(await connection.fetchval(query))
        finally:
            await connection.close()
"""


def test_stop_button_while_a_query_is_waited_for(kernel, tmp_path) -> None:
    manager, client = kernel
    asked = tmp_path / "asked"
    printed(client, QUERY)
    client.execute(f"await ask('select pg_sleep(600)', {str(asked)!r})", stop_on_error=False)
    eventually(asked.exists)
    manager.interrupt_kernel()
    while (message := client.get_iopub_msg(timeout=PATIENCE_S))["msg_type"] != "error":
        pass
    assert message["content"]["ename"] in ("KeyboardInterrupt", "CancelledError")
    assert printed(client, "await ask('select 42')") == "42"
