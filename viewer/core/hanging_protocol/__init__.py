"""Hanging protocols: which films hang in which viewport, as data that sites write and share.

`protocol` says what a protocol is, `choose` interprets it, `files` reads and writes it as JSON.
"""
