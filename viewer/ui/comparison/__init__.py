"""The prior in the current film's place: flicker, and the registered subtraction."""
