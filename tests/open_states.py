"""Which conversations a cell has left open; a lesson's own kernel asks this."""

from time import sleep

from tcpkit.lab import Lab

REST = {"LISTEN", "TIME-WAIT"}  # the kernel sends nothing by itself in these


def labs_of(world):
    """Return the labs that these names stand for, but for closed ones."""
    return {each for each in world.values() if isinstance(each, Lab) and repr(each) != "closed lab"}


def open_states(world):
    """Return the states in which a lab's kernel still waits, once what is on its way has arrived."""
    for _ in range(20):  # a second; what a cell left open stays for a minute
        if not (left := {state for lab in labs_of(world) for state in lab.sockets().state} - REST):
            break
        sleep(0.05)
    return left
