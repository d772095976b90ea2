"""Training as a site engineer meets it: data, its faults, a plan, a run, what became of it (AI-14, AI-15)."""
