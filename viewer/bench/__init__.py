"""Measures the viewer: `sidelight bench viewer`. Nothing of the program imports this package.

command          finds the suites by entry point (`sidelight.benchmarks`); this one is `viewer`
viewer_command   the suite: a corpus, one process for each group of cases, a peer, one JSON file
corpus           writes the films (a process of its own, for it needs encoders)
gui              what runs in a window's process: drives the real window and takes the times
peers            the same open and the same drag with a public viewer, in a process of its own
"""
