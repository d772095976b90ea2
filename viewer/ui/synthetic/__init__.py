"""Synthetic films in the window: a striped border that nothing hides, and what such a film is refused for."""
