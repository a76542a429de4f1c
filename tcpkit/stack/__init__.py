"""A TCP of our own (RFC 9293), and a link in virtual time. No clock, no socket, no thread: `now` is handed in, in s."""
