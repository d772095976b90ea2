"""The site's own numbers, from its audit log: acceptance, misses, time, alerts, drift (AI-17)."""
