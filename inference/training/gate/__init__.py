"""The recipe of the network that looks whether a film is a chest film at all."""
