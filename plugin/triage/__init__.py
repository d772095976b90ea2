"""Triage: the AI reads what waits, and only the order of the study list tells (AI-3, reading.md 1.3)."""
