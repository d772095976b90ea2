"""The recipe of the bundled starter pack."""
