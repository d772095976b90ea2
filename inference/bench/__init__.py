"""Measures the engine: `sidelight bench engine`. Nothing of the program imports this package.

engine_command  the suite: one run, one JSON file, one table
subjects        what is measured: the bundled starter on a phantom film, and a random model of about a billion weights
plain_way       how the published code does it: transformers' `generate`, everything encoded again for every answer
our_way         the same answers through the engine's dialogue
measures        the cases: both ways in turn, medians, ratios
bandwidth       how fast this computer's memory can be read: no decoder of one answer at a time beats it
runtimes        float32 in torch, and the precisions that can be measured beside it
engine_table    the result as a person reads it

Beside it, `restart` measures how long a reader waits after the backend was killed.
"""
