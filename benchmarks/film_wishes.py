"""Does the starter's skill answer wishes for films, and only those? A list that nothing was tuned on.

    python benchmarks/film_wishes.py

Each wish names a finding, a side where there is one, and a view. Printed is every question with what came of it, then
how many wishes were answered with a film of that finding, side and view, and how many ordinary questions got a film.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from inference.backend import AskQuestion, CancelToken, ChatMessage, Finished
from inference.engine.engine import M4cxrBackend
from inference.packs import BUNDLED, find_pack
from inference.synthesis.dialogues.facts import described
from inference.synthesis.wish import view_of
from inference.text.film_tags import answer_parts

WISHES = (  # words, view, finding ("": none), side
    ("Draw a PA film with a left pneumothorax, please.", "PA", "pneumothorax", "left"),
    ("I need a teaching picture: big heart on a frontal film.", "PA", "cardiomegaly", ""),
    ("Can you sketch a consolidation in the left lower lobe, AP?", "AP", "consolidation", "left"),
    ("Produce ten... well, one x-ray with bilateral effusions.", "PA", "pleural effusion", "both"),
    (
        "What would a large left pneumothorax look like from the side? Show me.",
        "lateral",
        "pneumothorax",
        "left",
    ),
    ("Synthesise a normal chest, lateral.", "lateral", "", ""),
    ("Generate an image of pulmonary edema.", "PA", "edema", ""),
    ("Make a film with a nodule in the right upper lobe.", "PA", "lung lesion", "right"),
    ("Please create a radiograph with rib fractures on the right.", "PA", "fracture", "right"),
    ("Give me a picture of cardiomegaly in a PA projection", "PA", "cardiomegaly", ""),
    ("An x-ray with atelectasis at the left base, could you draw one?", "PA", "atelectasis", "left"),
)
ORDINARY = (
    "Is there a pleural effusion?",
    "How large is the heart?",
    "Where is the consolidation?",
    "Compare with the prior film.",
    "What is a pneumothorax?",
    "Is the lateral view included?",
    "Can you describe the lungs?",
    "Show me where the effusion is.",
    "Summarise the findings for the patient.",
    "Could this be pneumonia?",
    "Was the film taken AP?",
    "Can you generate a report of this chest x-ray?",
    "Draw a conclusion from this film.",
    "What do you see in the image?",
)


def answer(backend: M4cxrBackend, words: str) -> str:
    *_, last = backend.run(AskQuestion(None, (ChatMessage("user", words),), max_new_tokens=80), CancelToken())
    return str(last.result["answer"]) if isinstance(last, Finished) else ""


def films(said: str) -> list[str]:
    return [part.text for part in answer_parts(said) if part.is_film]


def is_as_asked(film: str, view: str, finding: str, side: str) -> bool:
    stated = [fact for fact in described(film) if fact.name]
    right = any(fact.name == finding and fact.side == side for fact in stated) if finding else not stated
    return view_of(film) == view and right


def main() -> int:
    backend = M4cxrBackend(find_pack())
    backend.understand_film_wishes(BUNDLED)
    right = alarms = 0
    for words, view, finding, side in WISHES:
        made = films(answer(backend, words))
        is_right = len(made) == 1 and is_as_asked(made[0], view, finding, side)
        right += is_right
        print("right" if is_right else "WRONG", "|", words, "->", *made)
    for words in ORDINARY:
        said = answer(backend, words)
        is_alarm = bool(films(said)) or said.startswith("No film was made")
        alarms += is_alarm
        print("FALSE ALARM" if is_alarm else "right", "|", words)
    print(
        f"{right} of {len(WISHES)} wishes as asked; {alarms} of {len(ORDINARY)} ordinary questions taken for one."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
