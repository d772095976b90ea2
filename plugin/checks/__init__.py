"""What stands against signing a report: pure checks of its text against itself, the films and the findings.

Sides, denials, sex, age, views, numbers, priors, and what was left unfinished (reading.md RP-6, RP-7, PR-7). Rules, not
a reader: docs/checks.md says how often they are right. No Qt.
"""
