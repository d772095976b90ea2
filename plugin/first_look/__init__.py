"""The reader's own first look, before anything of the AI is shown (AI-3)."""
