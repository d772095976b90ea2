"""Plugins' marks under the reader's hand: moved, resized, deleted, drawn, and brought into sight."""
