"""Synthetic views: films that are made, never taken, and can't pass for a patient's (reading.md AI-16)."""
