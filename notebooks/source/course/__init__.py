"""The builder: from each lesson's source two notebooks.

`place` knows the folders, `source` reads what authors write, `solution`
blanks and shows the answers, `rules` and `teaching` find faults in a source,
`notebook` turns cells into notebooks, `execute` runs them, `outputs` makes
their outputs repeat, `agreement` proves without running that sources and
notebooks agree, and `copies` makes the learner's folder `my/`.
"""
