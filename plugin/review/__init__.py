"""What the reader makes of the AI's findings and boxes (AI-9, OV-2)."""
