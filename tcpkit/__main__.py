"""The command line: `python -m tcpkit`, `python -m tcpkit doctor`."""

import argparse
import os
import signal
import sys


def main() -> int:
    """Run the command that was asked for, and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tcpkit",
        description="TCP by hand in a terminal. Without a command it runs the whole story, ending included: "
        "if you want to find the ending yourself, open the lessons instead (make lab).",
    )
    parser.add_argument(
        "command",
        nargs="?",
        choices=["story", "doctor"],
        default="story",
        help="story: three packets and what answers them, ending included; "
        "doctor: what of the course works on this machine, and what to do about the rest",
    )
    if parser.parse_args().command == "doctor":
        from tcpkit.lab import doctor

        return doctor.main()
    return story()


def story() -> int:
    """Tell the story, or say why there is no lab to tell it in."""
    from tcpkit.lab import LabError
    from tcpkit.story import tell

    try:
        tell()
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run() -> int:
    """Run the command on whatever the output is: a file, a pipe, ASCII only."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="replace")
    try:
        status = main()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader (`| head -1`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's own flush at the end
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return status


if __name__ == "__main__":
    sys.exit(run())
