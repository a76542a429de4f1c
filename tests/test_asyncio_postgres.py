"""asyncpg, unmodified over our stack, and PostgreSQL on the lab's kernel."""

import asyncio
import errno
import tempfile

import asyncpg
import pytest
from in_a_loop import US, inside

from tcpkit import mine
from tcpkit.lab import postgres
from tcpkit.mine import carrying
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Settings
from tcpkit.wire import Flags

ROWS = 20_000


@pytest.fixture
def database(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with postgres.start(lab) as started:
        yield started


@pytest.mark.parametrize("link", [None, Link(loss=0.02, reordering=0.02, duplication=0.02, seed=4)])
def test_it_is_asked_from_our_address_and_gives_many_rows(lab, database, link):
    async def main(doors):
        connection = await asyncpg.connect(database.url)
        assert await connection.fetchval("SELECT 6 * 7") == 42
        assert await connection.fetchval("SELECT host(inet_client_addr())") == US
        rows = await connection.fetch("SELECT repeat('x', 1000) AS word FROM generate_series(1, 1000)")
        assert sum(len(row["word"]) for row in rows) == 1_000_000
        await connection.close()

    inside(lab.host(link=link), main, Settings(rto_min_s=0.05))


def test_a_pool_and_a_copy_both_ways(lab, database, host):
    async def main(doors):
        async with asyncpg.create_pool(database.url, min_size=2, max_size=10) as pool:
            squares = await asyncio.gather(
                *(pool.fetchval(f"SELECT {number}::int * {number}") for number in range(100))
            )
            assert squares == [number * number for number in range(100)]
            async with pool.acquire() as connection:
                await connection.execute("CREATE TABLE words (number int, word text)")
                records = [(number, f"word {number}") for number in range(ROWS)]
                await connection.copy_records_to_table("words", records=records)
                assert await connection.fetchval("SELECT sum(number) FROM words") == sum(range(ROWS))
                came = bytearray()

                async def keep(piece):
                    came.extend(piece)

                await connection.copy_from_query("SELECT * FROM words ORDER BY number", output=keep)
                assert came.decode() == "".join(f"{number}\t{word}\n" for number, word in records)

    inside(host, main)


def test_a_cancelled_query_and_one_that_takes_too_long(lab, database, host):
    """To cancel, asyncpg dials once more each time."""

    async def main(doors):
        connection = await asyncpg.connect(database.url, command_timeout=0.3)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.execute("SELECT pg_sleep(30)"), 0.1)
        assert await connection.fetchval("SELECT 7") == 7
        with pytest.raises(TimeoutError):
            await connection.execute("SELECT pg_sleep(30)")
        assert await connection.fetchval("SELECT 8") == 8
        await connection.close()

    with host.capture() as packets:
        inside(host, main)
    syns = [packet.segment for packet in packets if packet.segment.flags == Flags.SYN]
    assert len({syn.source_port for syn in syns}) == 3


def test_a_cable_pulled_in_mid_query(lab, database, host):
    """asyncpg says what it says for any network that is lost: the transport told it why."""

    async def main(doors):
        connection = await asyncpg.connect(database.url)
        query = asyncio.create_task(connection.execute("SELECT pg_sleep(30)"))
        await asyncio.sleep(0.1)
        host.pull()
        (error,) = await asyncio.gather(query, return_exceptions=True)
        host.plug()
        return error

    error = inside(host, main, Settings(keep_alive_s=0.2, give_up_s=1))
    assert type(error) is asyncpg.ConnectionDoesNotExistError
    assert (type(error.__cause__), error.__cause__.errno) == (TimeoutError, errno.ETIMEDOUT)


REASSEMBLER = """class Reassembler:
    def __init__(self):
        self.next, self.kept = 0, {}

    def ranges(self):
        return [(at, at + len(data)) for at, data in sorted(self.kept.items())]

    def add(self, at, data):
        if at > 300_000:
            LATER
        self.kept[at] = max(data, self.kept.get(at, b""), key=len)
        ready = b""
        while self.kept and min(self.kept) <= self.next:
            at = min(self.kept)
            new = self.kept.pop(at)[self.next - at :]
            ready, self.next = ready + new, self.next + len(new)
        return ready

reassembler = Reassembler
"""
FILES = {  # what tcp.py holds, and what is said of it
    "empty": ("", ""),
    "no Python": ("def before(a, b)\n", "tcp.py "),
    "of another version": ("reassembly = window = None\nrto = 5\n", "rto: tcpkit's "),
    "right": (REASSEMBLER.replace("LATER", "pass"), ""),
    "hangs later": (REASSEMBLER.replace("LATER", "while True: pass"), "With your pieces a megabyte does not arrive "),
    "forgets later": (REASSEMBLER.replace("LATER", "return b''"), "With your pieces a megabyte does not arrive "),
    "lies later": (REASSEMBLER.replace("LATER", "data = bytes(len(data))"), "With your pieces a megabyte does not "),
}


@pytest.mark.parametrize("name", FILES)
def test_whatever_stands_in_tcp_py_the_rows_come(lab, database, tmp_path, monkeypatch, capsys, name):
    """A client in C that is handed wrong bytes never comes back: nobody could end it."""
    text, said = FILES[name]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(carrying, "PATIENCE_S", 2.0)
    (tmp_path / "tcp.py").write_text(text)
    pieces = mine.pieces(lab)
    out = capsys.readouterr().out
    assert out.startswith(said)
    assert bool(out) == bool(said)
    assert (pieces == mine.Pieces()) == (name != "right")

    async def main(doors):
        connection = await asyncpg.connect(database.url)
        rows = await connection.fetch("SELECT repeat('x', 1000) FROM generate_series(1, 1000)")
        assert {row[0] for row in rows} == {"x" * 1000}
        await connection.close()

    link = Link(loss=0.02, reordering=0.02, duplication=0.02, seed=14)
    inside(lab.host(link=link), main, Settings(rto_min_s=0.2, pieces=pieces))
