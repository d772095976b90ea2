"""Examples for openapi.json, by the name of the route's function. Nobody's words: they are made up."""

from __future__ import annotations

from typing import Any

FILM = "3f5c" * 16
ERROR = {
    "error": {
        "type": "UnknownStudy",
        "message": "The backend does not hold this study (any more).",
        "remedy": "Open the study again, then repeat the request.",
    }
}
_QUESTION = [{"role": "user", "content": "Is there a pleural effusion?"}]
PLAN = {
    "pack": "starter",
    "pack_sha256": FILM,
    "data": ["corrections:"],
    "phases": [
        {
            "name": "instruction",
            "parts": ["abstractor", "lora"],
            "tasks": {"report_single": 0.5, "classification": 0.5},
            "steps": 200,
            "batch": 16,
            "micro_batch": 4,
            "learning_rate": 0.0001,
            "weight_decay": 0.0001,
            "warm_up": 20,
            "lora": {"rank": 8, "alpha": 32.0, "dropout": 0.05, "projections": ["q_proj", "v_proj"]},
            "max_length": 512,
        }
    ],
    "seed": 0,
}
BODIES: dict[str, dict[str, Any]] = {
    "post_study": {
        "films": [{"image_sha256": FILM, "role": "current"}],
        "indication": "cough",
        "age": "70",
        "sex": "F",
    },
    "report": {},
    "prefetch": {},
    "load": {"accept_slow": False},
    "ground": {"image_sha256": FILM, "phrase": "left pleural effusion", "kind": "phrase"},
    "describe": {"image_sha256": FILM, "boxes": [[300.0, 420.0, 980.0, 1250.0]], "kind": "phrase"},
    "classify": {"finding": "pleural effusion", "image_sha256": FILM},
    "compare": {"question": "Is the effusion larger?"},
    "summarise": {"style": "patient", "text": "Small left pleural effusion. The heart is enlarged."},
    "summarise_text": {"style": "points", "text": "Small left pleural effusion. The heart is enlarged."},
    "chat": {"messages": _QUESTION, "max_new_tokens": 200},
    "chat_without_films": {
        "messages": [{"role": "user", "content": "What does cardiomegaly mean?"}],
        "max_new_tokens": 200,
    },
    "impression": {"findings": "Small left pleural effusion. The heart is enlarged."},
    "sentence": {"image_sha256": FILM, "findings": ["pleural effusion"]},
    "draw": {"text": "Small left pleural effusion.", "view": "lateral", "seed": 7, "count": 2},
    "draw_from_study": {"text": "No pleural effusion.", "view": "PA", "source_image": FILM, "strength": 0.6},
    "generations": {
        "prompt": "Lateral view of the chest was obtained. Small left pleural effusion.",
        "seed": 7,
    },
    "doctor": {"data": ["corrections:"]},
    "training_plan": {"data": ["corrections:"], "hours": 2.5, "parts": ["abstractor", "lora"], "seed": 0},
    "compare_training": {"study_id": "2b0c0c3e-6f0f-4c62-a1d5-0c3f1b1f5e11"},
    "teaching_order": {
        "candidates": [
            {"study": "1", "patient": "a", "probabilities": {"edema": 0.5, "cardiomegaly": 0.9}},
            {"study": "2", "patient": "b", "probabilities": {"edema": 0.02, "cardiomegaly": 0.1}},
        ],
        "wanted": 10,
    },
    "start_training": {"plan": PLAN},
    "completions": {
        "model": "starter",
        "messages": _QUESTION,
        "metadata": {"study": "2b0c0c3e-6f0f-4c62-a1d5-0c3f1b1f5e11"},
        "stream": True,
    },
}
