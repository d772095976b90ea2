"""The `<Xray>` skill as a task: dialogues about a study's report in which a film is asked for, or is not.

The prompt is the person's words alone, without any film and without the system sentence. The loss is on
the assistant's words only, as everywhere.
Trained by LoRA alone (`sidelight train skill`), never in one adapter with the reading: the engine asks the skill apart,
so that it can't change a reading (`inference.engine.film_wishes`).
"""

from __future__ import annotations

from functools import lru_cache
from random import Random

from inference.backend import FINDINGS
from inference.corrections.scrub import REMOVED, Identity, scrub
from inference.synthesis.dialogues.compose import KINDS, Dialogue, dialogue
from inference.synthesis.dialogues.facts import labels_of
from inference.text import prompts
from inference.text.labels import sentences
from inference.training.mix.conversation import Case, Conversation, Task
from inference.training.mix.report_text import told_report
from inference.training.rows import KnownStudy

SHARES = (0.47, 0.15, 0.38)
"""Of KINDS: wishes, wishes that go on, and questions that want no film."""
NOTHING = "nothing stated"


def report_of(study: KnownStudy) -> str:
    """The report that dialogues are made of: identifiers out, nothing that compares with a prior; may be empty."""
    return _told(" ".join(part.strip() for part in (study.findings, study.impression) if part.strip()))


@lru_cache(maxsize=10_000)  # a study is drawn again and again
def _told(text: str) -> str:
    clean, _ = scrub(text, Identity())
    kept = " ".join(f"{one}." for one in sentences(clean) if REMOVED not in one)
    return told_report(kept, with_prior=False) or ""


def dialogue_of(study: KnownStudy, pool: str, rng: Random) -> Dialogue | None:
    """A dialogue about a study, linked to its report; None without a report."""
    report = report_of(study)
    if not report:
        return None
    (kind,) = rng.choices(KINDS, SHARES)
    return dialogue(study.id, report, kind, rng, number=f"{rng.random():.9f}", about=pool)


def in_chat(made: Dialogue) -> tuple[tuple[str, str], ...]:
    """The turns as the model is asked at its work (`inference.engine.film_wishes`)."""
    return tuple((prompts.plain(turn.question), turn.answer) for turn in made.turns)


def _pools(study: KnownStudy) -> tuple[str, ...]:
    """By what the report states, so that a rare finding is asked for as often as a frequent one."""
    text = f"{study.findings} {study.impression}"
    if not text.strip():
        return ()
    stated = labels_of(text)
    return tuple(name for name in FINDINGS if name in stated) or (NOTHING,)


def _ask(case: Case, pool: str, rng: Random) -> Conversation | None:
    made = dialogue_of(case.study, pool, rng)
    return None if made is None else Conversation((), in_chat(made))


FILM_DIALOGUE = Task("film_dialogue", "studies with a report", _pools, _ask)
