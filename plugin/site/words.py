"""What the site's settings say about themselves."""

from __future__ import annotations

from plugin.first_look.state import ReadingMode

MODES: dict[ReadingMode, str] = {
    "second reader": "Second reader: nothing of the AI before “I have read it”",
    "concurrent": "Concurrent: shown as it comes",
    "triage": "Triage: the AI only orders the study list",
}
MODE_NOTE = "Takes effect with the next study: one that was open keeps the mode in which it was first seen."
CONSENT = "Keep my corrections for training"
CONSENT_NOTE = (
    "Off unless you switch it on. Kept on this computer, for each signed report: the films' pixels, the AI's findings,"
    " boxes and draft, and what you made of them: your signed text, boxes, verdicts and reasons. No name, no number and"
    " no date of the patient is added; your text is kept as you wrote it. Nothing leaves this computer. Switched off,"
    " nothing more is kept."
)
BY_IT = "Set by your IT; it can't be changed here."
"""At what the environment decides."""
NEVER = "never"
