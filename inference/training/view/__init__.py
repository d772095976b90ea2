"""The recipe of the network that sees a film's view: PA, AP, lateral or no chest; turned, inverted, mirrored."""
