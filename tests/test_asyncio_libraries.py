"""Libraries that never heard of our stack, unmodified over it: aiohttp, httpx, asyncio's TLS; and curl as a client."""

import asyncio
import ssl
import subprocess

import aiohttp
import httpx
import pytest
from aiohttp import web
from in_a_loop import DATA, KERNEL, US, echo, kernel_server, run

from tcpkit.stack.stack import Stack


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return the path of a certificate and its key, for both addresses."""
    path, key = (tmp_path_factory.mktemp("tls") / name for name in ("both.pem", "key.pem"))
    names = f"subjectAltName=IP:{KERNEL},IP:{US}"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lab", "-addext"]
    subprocess.run([*command, names, "-keyout", key, "-out", path], check=True, capture_output=True)
    path.write_text(key.read_text() + path.read_text())
    return path


def contexts(path):
    """Return what a server and a client need for TLS."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=path)
    server.load_cert_chain(path)
    return server, client


async def page(reader, writer):
    """Answer one request, as a small web server of the kernel's."""
    while await reader.readline() not in (b"\r\n", b""):
        pass
    body = b"hello from the kernel"
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    writer.close()


def app(folder):
    """Return an aiohttp application that greets, echoes, and serves a file."""

    async def hello(request):
        return web.Response(text=f"hello {request.remote} from your TCP")

    async def sum_of(request):
        return web.Response(body=await request.read())

    made = web.Application(client_max_size=1 << 23)
    made.add_routes([web.get("/", hello), web.post("/echo", sum_of), web.static("/files", folder)])
    return made


async def site(folder, port, **more):
    runner = web.AppRunner(app(folder))
    await runner.setup()
    await web.TCPSite(runner, US, port, **more).start()
    return runner


def test_httpx_and_aiohttp_as_clients(lab):
    async def main():
        await kernel_server(lab, page)
        async with host.asyncio(Stack(US)):
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"http://{KERNEL}:8000/")
            assert (answer.status_code, answer.text) == (200, "hello from the kernel")
            async with aiohttp.ClientSession() as session, session.get(f"http://{KERNEL}:8000/") as answer:
                assert (answer.status, await answer.text()) == (200, "hello from the kernel")

    host = lab.host()
    run(main())


def test_aiohttp_as_server_and_curl_as_client(lab, tmp_path):
    async def main():
        (tmp_path / "data").write_bytes(DATA)
        async with host.asyncio(Stack(US)):
            runner = await site(tmp_path, 80)
            assert (await lab.start(f"curl -s http://{US}/")).output == f"hello {KERNEL} from your TCP"
            asked = f"curl -s http://{US}/{{}} -o {tmp_path}/copy"
            for command in ("files/data", f"echo --data-binary @{tmp_path}/data"):
                assert (await lab.start(asked.format(command))).status == 0
                assert (tmp_path / "copy").read_bytes() == DATA
                (tmp_path / "copy").unlink()
            await runner.cleanup()

    host = lab.host()
    run(main())


def test_tls_both_ways(lab, certificate, tmp_path):
    server, client = contexts(certificate)

    async def main():
        await kernel_server(lab, echo, ssl=server)
        async with host.asyncio(Stack(US)):
            reader, writer = await asyncio.open_connection(KERNEL, 8000, ssl=client)
            assert writer.get_extra_info("cipher")
            writer.write(DATA)
            assert await reader.readexactly(len(DATA)) == DATA
            writer.close()
            await writer.wait_closed()
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection(KERNEL, 8000, ssl=True)
            runner = await site(tmp_path, 443, ssl_context=server)
            curl = await lab.start(f"curl -s --cacert {certificate} https://{US}/")
            assert curl.output == f"hello {KERNEL} from your TCP"
            await runner.cleanup()

    host = lab.host()
    run(main())


def test_start_tls_on_a_connection_that_is_open(lab, certificate):
    server, client = contexts(certificate)

    async def upgrades(reader, writer):
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"go\n")
        await writer.start_tls(server)
        await echo(reader, writer)

    async def main():
        await kernel_server(lab, upgrades)
        async with host.asyncio(Stack(US)):
            reader, writer = await asyncio.open_connection(KERNEL, 8000)
            writer.write(b"STARTTLS\n")
            assert await reader.readline() == b"go\n"
            await writer.start_tls(client, server_hostname=KERNEL)
            writer.write(DATA)
            assert await reader.readexactly(len(DATA)) == DATA
            writer.close()
            await writer.wait_closed()

    host = lab.host()
    run(main())


def test_https_with_both_clients(lab, certificate):
    server, client = contexts(certificate)

    async def main():
        await kernel_server(lab, page, ssl=server)
        async with host.asyncio(Stack(US)):
            async with httpx.AsyncClient(verify=client) as asks:
                assert (await asks.get(f"https://{KERNEL}:8000/")).text == "hello from the kernel"
            address = f"https://{KERNEL}:8000/"
            async with aiohttp.ClientSession() as session, session.get(address, ssl=client) as answer:
                assert await answer.text() == "hello from the kernel"

    host = lab.host()
    run(main())


@pytest.mark.parametrize(("at_once", "total"), [(1, 1000), (200, 200)])
def test_a_thousand_in_turn_and_two_hundred_at_once(lab, at_once, total):
    async def main():
        await kernel_server(lab, page, backlog=256)
        async with host.asyncio(Stack(US)):

            async def ask():
                reader, writer = await asyncio.open_connection(KERNEL, 8000)
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                answer = await reader.read()
                writer.close()
                await writer.wait_closed()
                return answer[-21:]

            for _ in range(total // at_once):
                assert {*await asyncio.gather(*(ask() for _ in range(at_once)))} == {b"hello from the kernel"}

    host = lab.host()
    run(main())
