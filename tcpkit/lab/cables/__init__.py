"""Hosts of your own, cables between labs, and links in real time.

`Lab` imports this package when a notebook calls `host` or `cable`.
"""
