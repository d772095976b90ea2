"""What has become of each finding since the prior, and what the model was given to see (reading.md PR-6)."""
