"""What a report can speak of, finer than the 13 findings, and the phrases that deny many things at once. Facts only.

"Lung opacity" of the 13 takes in nodules and consolidations alike: "no consolidation" and "linear opacity" would seem
to contradict each other. Two mentions of one concept here can.
"""

from __future__ import annotations

import re

_AIRSPACE = "airspace"

_TERMS: dict[str, str] = {
    "pneumothorax": r"(?:hydro)?-?pneumothora(?:x|ces)",
    "pneumomediastinum": r"pneumomediastinum",
    "free air": r"pneumoperitoneum|free (?:intraperitoneal |intra-abdominal "
    r"|subdiaphragmatic )?air(?! ?space)"
    r"|air under the (?:\w+ )?(?:hemi)?diaphragm",
    "pleural effusion": r"hydrothorax|(?:pleural |parapneumonic |subpulmonic )?effusions?|pleural fluid",
    "blunted angle": r"blunt(?:ing|ed)(?: \w+){0,4} (?:costophrenic|cp|sulc\w+)(?: (?:angles?|sulc\w+))?"
    r"|costophrenic (?:angles?|sulc\w+)(?: \w+){0,3} blunt(?:ed|ing)",
    "pleural thickening": r"pleural (?:\w+ )?(?:thickening|plaques?|calcifications?)|thickened pleura",
    "consolidation": r"consolidat\w+",
    "airspace disease": r"air ?-?space (?:disease|opacit\w+|process)",
    "infiltrate": r"infiltrates?|infiltration",
    "pneumonia": r"(?:broncho)?pneumonias?",
    "linear opacity": r"(?:linear|streaky|band-?like|plate-?like|reticular|strand-?like) (?:\w+ ){0,2}opacit(?:y|ies)",
    "opacity": r"(?<!space )(?<!nodular )(?:opacit(?:y|ies)|opacification)",
    "nodule": r"nodul(?:es?|ar opacit\w+|ar densit\w+)",
    "mass": r"mass(?:es)?|tumou?rs?|neoplasms?",
    "atelectasis": r"atelecta\w+|(?:lobar|lung|lobe) collapse|collapse of (?:the )?(?:\w+ ){0,2}(?:lobe"
    r"|lung)|volume loss",
    "edema": r"(?:pulmonary |interstitial |alveolar )?(?:o?edema)",
    "enlarged heart": r"cardiomegaly|cardiac enlargement|enlargement of the (?:heart|cardiac \w+)"
    r"|enlarged (?:heart|cardiac|cardiopericardial|cardiomediastinal)(?: \w+)?"
    r"|(?:heart|cardiac silhouette|cardiac shadow|cardiopericardial silhouette)(?: size)?"
    r"(?: (?:is|are|appears|remains|has become|not|mildly|moderately|markedly|severely|slightly|borderline"
    r"|grossly|now|are|seems)){1,4}"
    r" (?:enlarged|larger)",
    "fracture": r"fractur(?:es?|ed)",
    "hernia": r"(?:hiatal|hiatus|diaphragmatic) hernias?",
    "lymphadenopathy": r"(?:lymph)?adenopathy|enlarged (?:lymph )?nodes?",
    "endotracheal tube": r"endotracheal tube|et tube|ett|tracheostomy(?: tube)?",
    "gastric tube": r"(?:naso|oro)?gastric tube|ng tube|enteric tube|feeding tube|dobhoff(?: tube)?",
    "central line": r"picc(?: line)?|(?:(?:internal )?jugular|subclavian|central venous|central|dialysis"
    r"|port) (?:venous )?(?:line|cath\w*|access)"
    r"|port-?a-?cath|portacath|mediport|chest port|internal jugular(?! vein)",
    "chest tube": r"chest tubes?|thoracostomy tubes?|pleural drains?|pigtail (?:catheter|drain)",
    "pacemaker": r"pacemaker|pacer|aicd|icd|defibrillator",
}
PATTERNS = {name: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for name, pattern in _TERMS.items()}

DEVICES = frozenset({"endotracheal tube", "gastric tube", "central line", "chest tube", "pacemaker"})

FAMILY = {
    **dict.fromkeys(
        ("consolidation", "airspace disease", "infiltrate", "pneumonia", "opacity", "linear opacity"),
        _AIRSPACE,
    ),
    "blunted angle": "pleural effusion",
}
"""Names for what is one thing on the film: a side said of one is a side said of the other."""
LUNG_SHADOWS = frozenset({_AIRSPACE, "atelectasis", "nodule", "mass"})
"""Families that readers rename from findings to impression: a side that one of them has bears out the others."""

NOT_MEANT: dict[str, str] = {
    "pleural effusion": r"pericardial (?:\w+ )?effusion",
    "nodule": r"calcified (?:\w+ ){0,2}nodul\w+|nodular scar\w*|granulom\w+|nodul\w+[^.;]{0,20}\bcalcified",
    "mass": r"(?:bone|osseous|rib|breast|soft tissue) mass\w*|body mass",
    "edema": r"(?:soft tissue|subcutaneous|laryngeal|peripheral|ankle) edema",
    "opacity": r"(?:linear|streaky|band-?like|plate-?like|reticular|bandlike|calcified|metallic|nodular"
    r"|strand-?like)"
    r" (?:\w+ ){0,2}opacit\w+",
    "fracture": r"(?:screws?|wires?|leads?|hardware|plates?|rods?|fixation)[^.;]{0,30} fractur\w+",
}
"""Words that hold the name of a concept and mean something else."""
EXCLUDED = {name: re.compile(rf"\b(?:{pattern})", re.IGNORECASE) for name, pattern in NOT_MEANT.items()}

_LUNG = r"(?:lungs?(?: fields?| parenchyma| zones?)?|lungs and pleural spaces)"
BLANKETS: dict[str, tuple[str, frozenset[str]]] = {
    "the heart is normal": (
        r"(?:heart|cardiac|cardiomediastinal|cardio-?mediastinal|cardiopericardial)(?: (?:size|silhouette"
        r"|shadow|contours?|and|mediastinal"
        r"|mediastinum)){0,4}(?: (?:is|are|appears?|remains?|:)){0,2}:? (?:\w+ )?(?:normal(?!i)"
        r"|unremarkable|not enlarged|within (?:the )?normal)"
        r"|normal (?:heart|cardiac|cardiomediastinal)(?: (?:size|silhouette|contours?))?",
        frozenset({"enlarged heart"}),
    ),
    "the lungs are clear": (
        rf"{_LUNG}(?: (?:is|are|appears?|remains?|bilaterally|both|well-?expanded|and|grossly|:"
        rf"|,)){{0,4}}:? clear\b"
        rf"|clear (?:bilateral )?lungs|both lungs are clear",
        frozenset(
            {"consolidation", "airspace disease", "infiltrate", "pneumonia", "nodule", "mass", "edema"}
        ),
    ),
    "the chest is normal": (
        r"normal (?:chest|study|examination|exam|film|frontal)(?: (?:radiograph|x-?ray|film|and lateral\w*"
        r"|examination))*"
        r"|(?:negative|unremarkable) (?:chest|study|examination|exam|film)(?: (?:radiograph|x-?ray|film))?"
        r"|no abnormalit(?:y|ies)\b",
        frozenset(
            {
                *(
                    "pneumothorax",
                    "pleural effusion",
                    "consolidation",
                    "pneumonia",
                    "nodule",
                    "mass",
                    "edema",
                ),
                *("nodule", "mass", "edema", "enlarged heart", "free air", "pneumomediastinum"),
            }
        ),
    ),
    "nothing acute is seen": (
        r"no (?:evidence of (?:an? )?)?(?:acute|active)(?:,? (?:or )?(?:acute|active|focal|cardiac"
        r"|cardiopulmonary|pulmonary|intrathoracic|thoracic|chest|lung|pleural|disease"
        r"|and))* (?:abnormalit(?:y|ies)|process(?:es)?|disease|findings?|pathology)",
        frozenset({"pneumothorax", "consolidation", "pneumonia", "edema"}),
    ),
    "no devices are seen": (
        r"no (?:support devices?|(?:tubes?|lines?)(?:,? (?:or|and|nor) (?:tubes?|lines?|catheters?))+)"
        r"|without support devices",
        DEVICES,
    ),
}
"""Phrases that deny several concepts at once: name -> (pattern, what is denied)."""
BLANKET_PATTERNS = {
    name: re.compile(rf"\b(?:{pattern})", re.IGNORECASE) for name, (pattern, _) in BLANKETS.items()
}
DENIED = {name: denied for name, (_, denied) in BLANKETS.items()}
