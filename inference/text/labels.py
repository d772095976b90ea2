"""Report text to labels by rules: which of the 14 findings a report states, denies, or leaves open.

Written for English chest radiograph reports. It reads sentence by sentence; within a sentence, a finding is
denied if a negation reaches it, and open if only a hedge does. Measured against MeSH coding in
tests/unit/inference/text/test_labels.py and docs/labeller.md; it is a rule, not a reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

PRESENT, ABSENT, UNCERTAIN = 1, 0, -1
NO_FINDING = "no finding"

WIDER_TERM: Mapping[str, str] = {
    "cardiomegaly": "enlarged cardiomediastinum",
    "lung lesion": "lung opacity",
    "edema": "lung opacity",
    "consolidation": "lung opacity",
    "pneumonia": "consolidation",
    "atelectasis": "lung opacity",
}
"""CheXpert's hierarchy (Irvin et al. 2019, figure 1): whoever states the left one has stated the right one too."""

# What names a finding. Longest wording first where one contains another; all lower case.
_TERMS: dict[str, str] = {
    "enlarged cardiomediastinum": (
        r"(?:widen\w*|enlarge\w*|prominen\w*) (?:of the )?(?:\w+ )?(?:cardio)?mediastin\w+"
        r"|(?:cardio)?mediastin\w+(?: \w+){0,3} (?:is|are|appears?) (?:mildly |markedly )?(?:widened"
        r"|enlarged|prominent)"
        r"|mediastinal (?:widening|enlargement|mass|lymphadenopathy)"
    ),
    "cardiomegaly": (
        r"cardiomegaly|cardiac enlargement|enlargement of the (?:heart|cardiac silhouette)"
        r"|(?:enlarged|prominent) (?:heart|cardiac|cardiomediastinal|cardiopericardial) ?(?:silhouette"
        r"|shadow|size)?"
        r"|(?:heart|cardiac|cardiomediastinal|cardiopericardial)(?: (?:size|silhouette|shadow|contour))*"
        r"(?: \w+){0,3}? (?:enlarged|prominent)"
    ),
    "lung opacity": (
        r"opacit\w+|opacific\w+|airspace disease|air[- ]space disease|infiltrat\w+|consolidat\w+"
        r"|interstitial (?:markings|prominence|disease|changes|thickening)|densit(?:y|ies)|air bronchogram\w*"
        r"|lung base scarring"
    ),
    "lung lesion": (
        r"nodul\w+|mass(?:es)?|lesions?|tumou?rs?|neoplasm\w*|carcinoma\w*|cavitary|cavitat\w+|metasta\w+|malignan\w+"
    ),
    "edema": (
        r"edema|oedema|vascular congestion|pulmonary congestion|venous congestion"
        r"|congestive (?:heart )?failure"
        r"|congestive changes|heart failure|chf|kerley|cephalization|fluid overload|volume overload"
    ),
    "consolidation": r"consolidat\w+",
    "pneumonia": (
        r"pneumonia|pneumonias|pneumonic|pneumonitis|infectious process|infection|bronchopneumonia"
    ),
    "atelectasis": (
        r"atelecta\w+|(?:lobar|lung|lobe) collapse|collapse of (?:the )?(?:\w+ ){0,3}(?:lung|lobe)|volume loss"
    ),
    "pneumothorax": r"pneumothora(?:x|ces)|pneumothoraces|hydropneumothorax",
    "pleural effusion": (
        r"effusions?|pleural fluid|blunt\w*(?: of)?(?: the)?(?: \w+){0,4} (?:costophrenic|sulc\w+|angle)\w*"
        r"|costophrenic (?:angle|sulcus)(?: \w+){0,2} blunt\w*|hydropneumothorax|hydrothorax"
    ),
    "pleural other": (
        r"pleural (?:\w+ )?(?:thickening|plaques?|scarring|calcifi\w+|mass|abnormalit\w+)|fibrothorax"
        r"|thickened pleura|apical (?:pleural )?(?:cap|capping)|pleural[- ]parenchymal scarring"
    ),
    "fracture": r"fractur\w+|compression deformit\w+",
    "support devices": (
        r"pacemaker|pacer|icd|aicd|defibrillator|(?:central|picc|venous|jugular|subclavian|dialysis"
        r"|port) (?:line|cath\w*)"
        r"|picc|port-a-cath|portacath|mediport|catheters?|(?:endotracheal|tracheostomy|nasogastric|enteric"
        r"|chest|feeding"
        r"|drainage|et|ng) tubes?|tracheostomy|sternotomy wires|stents?|prosthe\w+|(?:aortic|mitral|heart) valve"
        r"|hardware|electrodes?|leads?|stimulator|fixation|arthroplasty|tube tip|ivc filter|(?:pulse )?generator"
        r"|(?:cardiac|closure|monitoring|pacing|assist|implanted|medical|support) (?:\w+ )?(?:devices?|apparatus)"
        r"|lines and tubes|tubes and lines|chest port|tips? (?:\w+ ){0,6}(?:svc|vena cava|(?:cavo|caval )atrial)"
    ),
}
_FINDING = {name: re.compile(rf"\b(?:{pattern})\b") for name, pattern in _TERMS.items()}

# Words that look like a finding and are none.
_NOT_MEANT: dict[str, str] = {
    "lung lesion": r"calcified (?:\w+ )?(?:granulom\w*|nodul\w+)|granulom\w+|nipple|bony lesions?"
    r"|osseous lesions?"
    r"|(?:bone|osseous|rib|spine|sclerotic|lytic|skeletal) (?:\w+ )?(?:lesions?|mass\w*)|nodular scarring"
    r"|destructive (?:\w+ )?lesions?|(?:thyroid|chest wall|breast|mediastinal|abdominal|soft tissue) mass\w*"
    r"|detecting (?:\w+ )?nodul\w+",
    "lung opacity": r"calcified densit\w+|metallic densit\w+|calcific densit\w+|bone densit\w+"
    r"|soft tissue densit\w+",
    "pneumonia": r"granulomatous infection",
    "support devices": r"leads? to|breast prosthe\w+",
    "edema": r"soft tissue edema",
}
_EXCLUDED = {name: re.compile(rf"\b(?:{pattern})\b") for name, pattern in _NOT_MEANT.items()}

_NEGATION_BEFORE = re.compile(
    r"\b(?:no|not|without|free of|clear of|negative for|absence of|absent|denies|rules out|ruled out|nor"
    r"|neither"
    r"|never|lack of|resolved|resolution of|fails? to (?:show|demonstrate))\b"
)
_NEGATION_AFTER = re.compile(
    r"^[^.;]{0,40}?\b(?:(?:is|are|was|were|has|have) (?:not|no longer|been excluded)|(?:is|are) absent"
    r"|not (?:seen|identified"
    r"|present|evident|visualized|appreciated)|(?:has|have) (?:\w+ )?(?:resolved|cleared)|resolved"
    r"|ruled out|unlikely)\b"
)
_NORMAL = re.compile(
    r"\b(?:normal|unremarkable|within normal limits|not enlarged|clear|upper limits? of normal"
    r"|stable in size)\b"
)
_HEDGE = re.compile(
    r"\b(?:may|might|could|possib\w+|probabl\w+|likely|suspect\w*|suggest\w*|question\w*|versus|vs|or"
    r"|cannot (?:be )?"
    r"exclude\w*|not excluded|suspicious|concern\w*|consider|borderline|differential|equivocal|presumably"
    r"|potential\w*|correlat\w+|rule out"
    r"|if clinical\w*|can'?t exclude)\b"
)
_HEDGE_AFTER = re.compile(
    r"^[^.;,]{0,30}\b(?:questioned|possible|suspected|versus|vs|in the differential|(?:is|are) consider\w+)\b"
)
# A negation does not reach over these words: "no effusion but a small nodule".
_SCOPE_END = re.compile(
    r"\b(?:but|however|although|though|except|with the exception of|apart from|other than|aside from"
    r"|there (?:is|are)"
    r"|which|secondary to|due to|unchanged|stable)\b|;"
)
# A hedge reaches further: "may be due to pneumonia".
_HEDGE_END = re.compile(
    r"\b(?:but|however|although|though|except|with the exception of|apart from|other than|aside from"
    r"|there (?:is|are)|which|unchanged|stable)\b|;"
)
_NOT_EXCLUDED = re.compile(
    r"\b(?:can ?not|can'?t|could not|difficult to|not) (?:be )?(?:\w+ly )?(?:exclude\w*|rule\w* out)\b"
)
"""What can't be excluded is neither denied nor stated, on whichever side of the words it stands."""
_TAKEN_AWAY = re.compile(r"\b(?:removal|withdrawal) of\b")
_WAS_TAKEN_AWAY = re.compile(r"^[^.;]{0,60}\b(?:been|was|were|is|are) (?:\w+ )?(?:removed|withdrawn)\b")
# These are no denials although they hold a negation word.
_PSEUDO = re.compile(
    r"\bno (?:significant |definite |appreciable |interval |other |new |additional |further )?(?:change"
    r"|increase|evidence"
    r" of change)\b|\bnot (?:significantly )?changed\b"
    r"|\bnot (?:optimal\w*|well) \w+\b"
)

_HEART = re.compile(
    r"\b(?:heart|cardiac|cardiomediastinal|cardio mediastinal|cardiopericardial)\b[^.;]*?\b(?:normal"
    r"|unremarkable|not enlarged"
    r"|within limits)\b|\bnormal (?:\w+ ){0,2}(?:heart|cardiac|cardiomediastinal|cardio)"
)
_LUNGS_CLEAR = re.compile(
    r"\b(?:lungs?|lung fields?|lungs and pleural spaces)\b(?: \w+){0,5}? (?:clear|unremarkable)\b"
    r"|\bclear (?:bilateral )?lungs?\b"
    r"|\bno (?:acute )?(?:focal )?(?:air ?space|pulmonary|cardiopulmonary|lung) (?:\w+ )?(?:disease"
    r"|abnormalit\w+|process|opacit\w+)"
)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a report, without their list numbers; decimal points do not end one."""
    flat = re.sub(r"\s+", " ", text.replace("\n", ". "))
    parts = re.split(r"(?<=[.;?!])\s+(?=[A-Za-z0-9])", flat)
    stripped = (re.sub(r"^\s*\d+[.)]\s*", "", part).strip(" .") for part in parts)
    return tuple(part for part in stripped if part)


def label_report(text: str) -> dict[str, int]:
    """The findings that a report speaks of.

    Args:
        text: Findings, impression or both, as written.

    Returns:
        finding name (lower case, inference.backend.FINDINGS, and "no finding") -> 1 stated, 0 denied, -1 left open.
        A finding that is not spoken of is not a key. A statement outweighs an open mention, and that a denial.
        "no finding" is 1 only if something was denied or called normal and nothing is stated or left open.
    """
    found: dict[str, int] = {}
    for sentence in sentences(text):
        for name, value in label_sentence(sentence).items():
            if name not in found or _weight(value) > _weight(found[name]):
                found[name] = value
    _add_parents(found)
    abnormal = any(value != ABSENT for value in found.values())
    if found and not abnormal:
        found[NO_FINDING] = PRESENT
    elif abnormal:
        found[NO_FINDING] = ABSENT
    return found


def label_sentence(sentence: str) -> dict[str, int]:
    """As `label_report`, for one sentence and without "no finding"."""
    lower = _PSEUDO.sub(" ", _NOT_EXCLUDED.sub("questioned", sentence.lower()))
    found: dict[str, int] = {}
    for name, start, end in _mentions(lower):
        value = _stance_of(name, lower, start, end)
        if name not in found or _weight(value) > _weight(found[name]):
            found[name] = value
    if "cardiomegaly" not in found and _HEART.search(lower):
        found["cardiomegaly"] = ABSENT
    if "lung opacity" not in found and _LUNGS_CLEAR.search(lower):
        found["lung opacity"] = ABSENT
    return found


def mentions(sentence: str) -> tuple[tuple[str, int, int], ...]:
    """Where a sentence names findings, whatever it says of them: name, first character, one behind the last."""
    return tuple(_mentions(sentence.lower()))


def narrower(label: str) -> tuple[str, ...]:
    """Findings that include `label` by CheXpert's hierarchy, at any depth."""
    direct = tuple(one for one, wider in WIDER_TERM.items() if wider == label)
    return direct + tuple(deeper for one in direct for deeper in narrower(one))


def _mentions(lower: str) -> Iterator[tuple[str, int, int]]:
    for name, pattern in _FINDING.items():
        excluded = _EXCLUDED.get(name)
        spans = [match.span() for match in excluded.finditer(lower)] if excluded else []
        for match in pattern.finditer(lower):
            if not any(start <= match.start() and match.end() <= end for start, end in spans):
                yield name, match.start(), match.end()


def _stance_of(name: str, lower: str, start: int, end: int) -> int:
    """As `_stance`, with what holds for single findings only."""
    value = _stance(lower, start, end)
    if name == "support devices" and (
        _TAKEN_AWAY.search(lower[:start]) or _WAS_TAKEN_AWAY.search(lower[end:])
    ):
        return ABSENT
    if name == "pleural effusion" and value == PRESENT and "blunt" in lower[start:end]:
        return UNCERTAIN  # fluid or a scar: nearly one in two
    return value


def _stance(lower: str, start: int, end: int) -> int:
    before = lower[:start]
    scope_ends = [match.end() for match in _SCOPE_END.finditer(before)]
    scope = before[scope_ends[-1] :] if scope_ends else before
    inside = lower[start:end]
    if (
        _NEGATION_BEFORE.search(scope)
        or _NEGATION_BEFORE.search(inside)
        or _NEGATION_AFTER.search(lower[end:])
    ):
        return ABSENT
    hedge_ends = [match.end() for match in _HEDGE_END.finditer(before)]
    if _HEDGE.search(before[hedge_ends[-1] :] if hedge_ends else before) or _HEDGE_AFTER.search(lower[end:]):
        return UNCERTAIN
    return PRESENT


def _weight(value: int) -> int:
    return {ABSENT: 0, UNCERTAIN: 1, PRESENT: 2}[value]


def _add_parents(found: dict[str, int]) -> None:
    """Consolidation and edema are lung opacities; pneumonia is not claimed by a consolidation."""
    if found.get("consolidation") == PRESENT:
        found["lung opacity"] = PRESENT
