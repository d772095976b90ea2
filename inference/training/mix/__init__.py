"""What a run learns from, sample by sample: studies turned into conversations, task by task.

published.py     the published tasks and how often each is drawn
conversation.py  a conversation about films, in the training chat format
report_text.py   a report as a target: cleaned, without what the films can't show
marked.py        what is marked on a film
places.py        boxes on the grid of the square that the model sees
reports.py, labels.py, grounding.py, questions.py   the tasks: what each needs, what it asks, what is true
tasks.py         all of them by name
feeds.py         the studies that a task draws from
task_mix.py      TaskMix: `draw(index)` and `validation()`

All wording comes from `inference.text.prompts` and `inference.text.answers`, which the engine asks and reads with.
"""

from inference.training.mix.published import GROUPS, PUBLISHED, shares
from inference.training.mix.task_mix import NothingToLearn, TaskMix, mix_of_all
from inference.training.mix.tasks import TASKS

__all__ = ["GROUPS", "PUBLISHED", "TASKS", "NothingToLearn", "TaskMix", "mix_of_all", "shares"]
