"""Writing the report: where each sentence comes from, templates, macros, numbers, measurements, new wordings."""
