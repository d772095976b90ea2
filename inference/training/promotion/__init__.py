"""From a finished run to a model that is read with: evaluated on held-out patients, judged, activated, taken back.

evaluate(run)             evaluation.py    before and after on held-out patients -> RUN/evaluation.json, .md
decide(comparison, …)     rules.py         the gate: pure, each rule in words with its numbers
promote(run)              promote.py       evaluation, gate, then the adapter is active or refused
active(pack), rollback()  promote.py       which adapter is active; the one before it, or the base alone
compare_on_study(…)       on_one_study.py  two readings of one study, side by side
"""
