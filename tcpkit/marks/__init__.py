"""What a teacher runs on handed-in notebooks: `python -m tcpkit marks FOLDER`.

One process a hand-in judges it (`judge`), and in another one the learner's
cells run (`desk`). No verdict is formed where a learner's code has been: the
judge calls a learner's function across a socket, and what comes back is
plain values. `cage` says what keeps the code from the machine, and
docs/teachers.md what does not.
"""
