"""Public viewers that do the same open and the same drag. Each runs in a process of its own; ours imports none."""
