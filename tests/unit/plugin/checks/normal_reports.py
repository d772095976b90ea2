"""Normal reports put together from phrases as readers say them, in words of our own."""

from __future__ import annotations

import random

from plugin.checks.doubts import CheckInput, PriorAtHand

TECHNIQUE = (
    "",
    "",
    "PA and lateral views of the chest.",
    "Frontal and lateral radiographs.",
    "Two views are submitted.",
    "2 views.",
)
HEART = (
    "Heart size is normal.",
    "The heart is normal in size and contour.",
    "Normal heart size.",
    "The cardiac silhouette is not enlarged.",
    "The cardiomediastinal silhouette is within normal limits.",
    "Heart and mediastinum appear unremarkable.",
    "Cardiac and mediastinal contours are within the normal range.",
    "The heart is at the upper limits of normal in size.",
    "Heart size: normal.",
)
MEDIASTINUM = (
    "",
    "",
    "The trachea is midline.",
    "Hilar contours are normal.",
    "No hilar adenopathy.",
    "Aortic contour is normal for age.",
)
LUNGS = (
    "The lungs are clear.",
    "Lungs are clear bilaterally.",
    "Both lungs are well expanded and clear.",
    "No focal consolidation.",
    "No focal airspace disease or suspicious nodule.",
    "The lungs are clear without focal infiltrate.",
    "Clear lungs, without mass or consolidation.",
    "There is no airspace opacity, nodule or edema.",
    "Lungs: clear.",
    "The right lung is clear; the left lung is clear.",
    "A small calcified granuloma lies in the right upper lobe, otherwise the lungs are clear.",
    "Minimal linear scarring at the left base. No consolidation.",
)
PLEURA = (
    "No pleural effusion or pneumothorax.",
    "There is neither effusion nor pneumothorax.",
    "No pneumothorax. No effusion.",
    "The pleural spaces are clear.",
    "Costophrenic angles are sharp on both sides.",
    "No evidence of pneumothorax, and there is no pleural effusion.",
    "Negative for effusion or pneumothorax.",
    "There is no large effusion; no pneumothorax is seen.",
)
BONES = (
    "",
    "",
    "No acute osseous abnormality.",
    "The visualised bones are intact.",
    "No displaced rib fracture.",
    "Mild degenerative changes of the thoracic spine.",
    "Old healed fracture of the left seventh rib.",
    "Bony thorax unremarkable for age.",
)
EXTRAS = (
    "",
    "",
    "",
    "Surgical clips in the right upper abdomen.",
    "Nipple shadows project over both lower zones.",
    "Mild scoliosis.",
)
IMPRESSION = (
    "No acute cardiopulmonary abnormality.",
    "Normal chest radiograph.",
    "1. No acute cardiopulmonary process.",
    "No acute disease.",
    "1. No consolidation, effusion or pneumothorax.\n2. Normal heart size.",
    "Clear lungs. Normal heart.",
    "No radiographic evidence of pneumonia.",
    "Negative chest.",
    "No acute findings. If symptoms persist, a follow-up in the short interval of two weeks is advised.",
)
COMPARED = (
    "No change since the prior study.",
    "Stable appearance compared with the previous examination.",
    "Comparison: prior radiograph.",
)
ALONE = ("", "No prior films are available for comparison.", "Comparison: None.")


def normal_reports(count: int, seed: int = 7) -> list[CheckInput]:
    """`count` different normal reports, a third of them with a prior; always the same ones."""
    choose = random.Random(seed)  # nothing is kept secret with it
    made: dict[str, CheckInput] = {}
    while len(made) < count:
        has_prior = choose.random() < 1 / 3
        parts = [
            choose.choice(pool) for pool in (TECHNIQUE, HEART, MEDIASTINUM, LUNGS, PLEURA, BONES, EXTRAS)
        ]
        middle = parts[1:]
        choose.shuffle(middle)
        report = " ".join(
            part for part in (parts[0], choose.choice(COMPARED if has_prior else ALONE), *middle) if part
        )
        made[report] = CheckInput(
            report,
            choose.choice(IMPRESSION),
            sex=choose.choice(("M", "F", "")),
            age_years=choose.choice((34.0, 58.0, 81.0)),
            views=("PA", "LL"),
            prior=PriorAtHand(days_before=30) if has_prior else None,
        )
    return list(made.values())
