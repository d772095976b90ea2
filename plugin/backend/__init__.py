"""The backend as the reader meets it: its states in words, its models, their cards (AI-12)."""
