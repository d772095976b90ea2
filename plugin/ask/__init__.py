"""Questions to the model about the study on screen, and its answers (AI-2, AI-10, AI-11)."""
