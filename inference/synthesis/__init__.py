"""MedXChat's second half: a description and a wanted view in, a marked synthetic film out (CXR-SD).

`wish` is plain data; `generator` holds the networks and gives unmarked pictures to nobody but `drawing`, which marks
them; whoever asks (server, command line, bench) gets a `MarkedFilm`.
"""

import inference.models.quiet_log  # noqa: F401  # its filter is in place before diffusers imports bitsandbytes
