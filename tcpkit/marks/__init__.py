"""Mark handed-in notebooks: `python -m tcpkit marks FOLDER`.

Each submission has two processes: the learner's cells run in one (`worker`),
and the other judges them (`judge`). No verdict is made where a learner's code
has run: the judge calls a learner's function across a socket, and gets plain
values back. `sandbox` says what keeps the code from the machine, and
docs/teachers.md what does not.
"""
