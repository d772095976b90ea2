"""What can be asked of a film, in the words of reports, of readers and of lay people. Data.

Every entry's own sentence states its label and nothing else to `inference.text.labels`; a test holds it to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grades = Literal["size", "severity", "degree", ""]
"""How much of it there is: a small effusion, mild edema, a mildly enlarged heart; or not graded."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One kind of finding.

    `sentence` says it in a report: `{is}` is "is" or "are", `{what}` the name with grade and side in front,
        `{where}`
    a place behind. `many` is the name where both sides have it.
    """

    name: str
    label: str  # of inference.backend.FINDINGS
    asked_as: tuple[str, ...]  # patterns, lower case; the first things of THINGS that match have the word
    sentence: str = "There {is} {what}{where}."
    many: str = ""
    grades: Grades = ""
    is_sided: bool = False
    places: Literal["lobe", "zone", ""] = ""
    called: tuple[str, ...] = ()  # other names that a person may use, without grade and side
    article: bool = True


THINGS: tuple[Thing, ...] = (
    Thing(
        "pleural effusion",
        "pleural effusion",
        (r"effusions?", r"pleural fluid",
            r"fluid (?:in|on|around) (?:the |my |both |either )?(?:\w+ )?(?:lungs?|chest|pleura\w*|sides?)",
            r"water on (?:the |my )?(?:\w+ )?lungs?", r"hydrothorax"),
        many="pleural effusions", grades="size", is_sided=True, places="",
        called=("pleural effusion", "effusion", "pleural fluid collection"),
    ),
    Thing(
        "pneumothorax",
        "pneumothorax",
        (r"pneumothora(?:x|ces)", r"ptx", r"collapsed lungs?",
            r"air (?:in|around) the (?:pleura\w*|pleural space)"),
        many="pneumothoraces", grades="size", is_sided=True, places="zone",
        called=("pneumothorax", "PTX"),
    ),
    Thing(
        "cardiomegaly",
        "cardiomegaly",
        (r"cardiomegaly", r"(?:enlarged|large|larger|big|bigger|dilated) (?:heart|cardiac silhouette)",
            r"(?:heart|cardiac silhouette)(?: \w+){0,3} (?:enlarged|too (?:big|large))", r"cardiac enlargement",
            r"enlargement of the (?:heart|cardiac silhouette)", r"heart size"),
        sentence="The heart is {what}.", grades="degree", article=False,
        called=("cardiomegaly", "an enlarged heart", "an enlarged cardiac silhouette", "a big heart"),
    ),
    Thing(
        "pulmonary edema",
        "edema",
        (r"o?edema", r"(?:vascular|pulmonary|venous) congestion", r"(?:congestive )?heart failure",
            r"fluid overload", r"chf"),
        grades="severity", article=False,
        called=("pulmonary edema", "edema", "pulmonary oedema"),
    ),
    Thing(
        "pneumonia", "pneumonia", (r"pneumonias?", r"bronchopneumonia", r"lung infection"),
        is_sided=True, places="lobe", article=False, called=("pneumonia",),
    ),
    Thing(
        "consolidation", "consolidation", (r"consolidat\w+",),
        is_sided=True, places="lobe", article=False, called=("consolidation", "a consolidation"),
    ),
    Thing(
        "atelectasis", "atelectasis", (r"atelecta\w+", r"(?:lobar|lobe) collapse", r"volume loss"),
        is_sided=True, places="lobe", article=False, called=("atelectasis",),
    ),
    Thing(
        "lung mass", "lung lesion", (r"(?:lung |pulmonary )?mass(?:es)?", r"(?:lung |pulmonary )?tumou?rs?",
            r"lung cancer"),
        grades="size", is_sided=True, places="lobe", called=("lung mass", "mass", "tumour", "tumor"),
    ),
    Thing(
        "lung nodule", "lung lesion", (r"(?:lung |pulmonary )?nodul\w+", r"(?:lung |pulmonary )?lesions?",
            r"coin lesion"),
        grades="size", is_sided=True, places="lobe", called=("nodule", "lung nodule", "pulmonary nodule"),
    ),
    Thing(
        "airspace opacity", "lung opacity", (r"opacit\w+", r"opacification", r"infiltrat\w+", r"airspace disease",
            r"shadow(?:ing)?"),
        is_sided=True, places="lobe", grades="", called=("airspace opacity", "opacity", "infiltrate"),
    ),
    Thing(
        "rib fracture", "fracture", (r"(?:\w+ )?rib fractures?", r"fractured ribs?", r"broken ribs?",
            r"fractures?"),
        many="rib fractures", is_sided=True, called=("rib fracture", "broken rib", "fractured rib"),
    ),
    Thing(
        "pleural thickening", "pleural other", (r"pleural thickening", r"thickened pleura",
            r"pleural (?:plaques?|scarring)"),
        is_sided=True, article=False, called=("pleural thickening",),
    ),
    Thing("pacemaker", "support devices", (r"pacemakers?", r"pacer", r"a?icd", r"defibrillator"),
        called=("pacemaker",)),
    Thing(
        "endotracheal tube", "support devices",
        (r"endotracheal tubes?", r"et tubes?", r"breathing tubes?", r"intubat\w+"),
        called=("endotracheal tube", "breathing tube"),
    ),
    Thing("chest tube", "support devices", (r"chest tubes?", r"thoracostomy tubes?", r"pleural drains?",
        r"chest drains?"), is_sided=True, called=("chest tube", "chest drain")),
    Thing(
        "nasogastric tube", "support devices", (r"nasogastric tubes?", r"enteric tubes?", r"feeding tubes?",
            r"ng tubes?"),
        called=("nasogastric tube", "feeding tube"),
    ),
    Thing(
        "central venous catheter", "support devices",
        (r"central (?:venous )?(?:line|cath\w*)", r"picc(?: line)?", r"venous cath\w*",
            r"(?:chest )?port(?:-a-cath)?", r"catheters?"),
        is_sided=True, called=("central venous catheter", "central line", "venous catheter"),
    ),
    Thing("support device", "support devices", (r"tubes?", r"lines?", r"devices?", r"hardware", r"wires?"),
        called=("support device", "tube")),
    Thing(
        "widened mediastinum", "enlarged cardiomediastinum",
        (r"(?:widen\w*|enlarged) (?:\w+ )?mediastinum", r"mediastinal (?:widening|enlargement)",
            r"mediastinum(?: \w+){0,2} (?:wide|widened|enlarged)"),
        sentence="The mediastinum is widened.", article=False,
        called=("a widened mediastinum", "mediastinal widening"),
    ),
)  # fmt: skip

BY_NAME = {thing.name: thing for thing in THINGS}

GRADES: dict[str, tuple[str, ...]] = {
    "small": ("small", "tiny", "little", "minimal", "trace", "minor", "mild", "mildly", "slight", "slightly",
        "minimally", "early"),
    "moderate": ("moderate", "moderately", "medium", "medium-sized", "moderate-sized"),
    "large": ("large", "big", "huge", "massive", "severe", "severely", "marked", "markedly", "extensive", "gross",
        "grossly", "very large"),
}  # fmt: skip
"""How much of it there is, and the words for it."""
SPOKEN: dict[Grades, dict[str, str]] = {
    "size": {"small": "small", "moderate": "moderate", "large": "large"},
    "severity": {"small": "mild", "moderate": "moderate", "large": "severe"},
    "degree": {"small": "mildly", "moderate": "moderately", "large": "severely"},
    "": {},
}
LOBES = ("upper lobe", "middle lobe", "lower lobe")
ZONES = ("apical", "basal")
