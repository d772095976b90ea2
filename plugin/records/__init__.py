"""What is kept: who did what and when (audit log), the reader's drafts, and the signed versions."""
