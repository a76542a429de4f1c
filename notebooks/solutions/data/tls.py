"""A site with one page, over TLS: python tls.py ADDRESS. It listens at port 443 of the address."""

import pathlib
import socket
import ssl
import sys
import threading

FOLDER = pathlib.Path(__file__).parent
PAGE = b"HTTP/1.0 200 OK\r\n\r\nhello, and nobody on the way can read this\n"
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(FOLDER / "page.pem", FOLDER / "page.key")
context.num_tickets = 0  # the client comes once


def talk_to(connection):
    """Send the page to one caller; whoever is silent keeps nobody else waiting."""
    try:
        connection.settimeout(5)
        with context.wrap_socket(connection, server_side=True) as client:
            client.recv(1000)
            client.sendall(PAGE)
            client.unwrap().close()
    except OSError as error:  # ssl.SSLError and TimeoutError are among them
        print(error, flush=True)
        connection.close()


listener = socket.create_server((sys.argv[1], 443))
while True:
    caller, _ = listener.accept()
    threading.Thread(target=talk_to, args=(caller,), daemon=True).start()
