"""Hanging by protocols: the menu, what is remembered, and files that sites share."""
