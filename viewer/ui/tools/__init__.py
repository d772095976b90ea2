"""The reader's own marks: drawing, measuring, calibrating, magnifying, undo and redo."""
