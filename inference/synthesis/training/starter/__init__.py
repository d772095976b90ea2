"""The recipe of the bundled generator, `starter-synth`: `sidelight train starter-synth`."""
