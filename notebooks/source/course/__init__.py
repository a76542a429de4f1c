"""The course machinery: one source a lesson, two notebooks out of it.

`place` knows the folders, `source` reads what authors write, `solution`
blanks and shows the answers, `rules` and `teaching` refuse what would break a
promise, `notebook` turns cells into notebooks, `execute` runs them, `outputs`
makes what they print repeat, `agreement` proves without running that all of
it fits together, and `copies` makes the learner's folder `my/`.
"""
