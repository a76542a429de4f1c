"""A real PostgreSQL in the lab: who may reach it, and what is left of it."""

from pathlib import Path

import pytest

from tcpkit.lab import postgres

ASK = """if True:
    import asyncio, asyncpg, sys

    async def main():
        connection = await asyncpg.connect(sys.argv[1])
        for question in sys.argv[2:]:
            print(await connection.fetchval(question))
        await connection.close()

    try:
        asyncio.run(main())
    except (OSError, asyncpg.PostgresError) as error:
        print(error)
    """


def ask(lab, url, *questions):
    """Return what a program inside is answered."""
    return lab.run(["python", "-c", ASK, url, *questions]).output


def folders():
    return set(Path("/tmp").glob("tcpkit-postgres-*"))


@pytest.fixture
def cabled(lab):
    with lab.host():
        yield lab


def test_it_answers_on_the_cable_and_nowhere_else(cabled):
    with postgres.start(cabled) as database:
        assert repr(database) == "PostgreSQL on 10.0.0.1:5432, user postgres, no password"
        assert ask(cabled, database.url, "SELECT 6 * 7", "SELECT host(inet_client_addr())") == "42\n10.0.0.1\n"
        assert "no pg_hba.conf entry" in ask(cabled, database.url.replace("10.0.0.1", "127.0.0.1"))
        assert cabled.sockets().query("state == 'LISTEN'").program.tolist() == ["postgres"]
    assert repr(database).endswith(" (ended)")
    assert "Connect call failed" in ask(cabled, database.url)


def test_it_is_there_before_its_cable_and_after_the_next_one(lab):
    database = postgres.start(lab)
    for _ in range(2):
        with lab.host():
            assert ask(lab, database.url, "SELECT 1") == "1\n"
