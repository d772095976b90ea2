"""From data and a machine to a plan that a person can read, edit and start.

recipes/        what is learnt, how fast, how long: short files read from top to bottom
fingerprint.py  what the data are
machine.py      what the machine is
memory.py       what a run needs at its peak; duration.py how long it takes; measure.py a step, tried
draft.py        all of that to phases, each choice with its reason; pure
propose.py      `propose(wish, datasets)`: the above, put together
plan_file.py    written and read; a wrong edit is refused with its field
in_words.py     for a terminal
"""

from inference.training.planning.in_words import in_words
from inference.training.planning.plan_file import PlanRefused, check_plan, read_plan, write_plan
from inference.training.planning.propose import Wish, propose
from inference.training.planning.recipes import RECIPES

__all__ = ["RECIPES", "PlanRefused", "Wish", "check_plan", "in_words", "propose", "read_plan", "write_plan"]
