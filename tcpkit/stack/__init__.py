"""A TCP of our own (RFC 9293), and a link in virtual time.

Pure: no clock, no socket, no thread. Time is handed in as `now`, in seconds;
packets come in and go out as bytes.
"""
