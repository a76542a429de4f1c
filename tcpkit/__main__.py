"""The command line: `python -m tcpkit`, with `doctor`, and with `marks` and `inventory` for teachers."""

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
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("story", help="three packets and what answers them, ending included (this is also the default)")
    commands.add_parser("doctor", help="what of the course works on this machine, and what to do about the rest")
    marks = commands.add_parser(
        "marks",
        help="for teachers: run the checks of handed-in notebooks, and print a CSV",
        description="Run the course's checks on every notebook in a folder, each in a process and a lab of its own, "
        "and print a CSV: file, exercise, status. What is handed in is not changed. docs/teachers.md says more.",
    )
    inventory = commands.add_parser(
        "inventory", help="for teachers: read a class's answers to the inventory, and print a CSV and a summary"
    )
    if sys.argv[1:2] == ["marks"]:  # the others must not wait for it
        from tcpkit.marks import command

        command.add_arguments(marks)
    if sys.argv[1:2] == ["inventory"]:
        from tcpkit.marks import inventory as answers

        answers.add_arguments(inventory)
    asked = parser.parse_args()
    match asked.command:
        case "doctor":
            from tcpkit.lab import doctor

            return doctor.main()
        case "marks":
            return command.main(asked)
        case "inventory":
            return answers.main(asked)
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
