"""Which conversations a cell has left open; a lesson's own kernel asks this."""

from time import sleep

REST = {"LISTEN", "TIME-WAIT"}  # the kernel sends nothing by itself in these


def open_states(lab):
    """Return the states in which the kernel still waits, once what is on its way has arrived."""
    for _ in range(20):  # a second; what a cell left open stays for a minute
        if not (left := {*lab.sockets().state} - REST):
            break
        sleep(0.05)
    return left
