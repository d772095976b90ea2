"""What a pack's manifest says about reading with it, under its key `reading`. All of it is optional.

Findings in the manifest's `not_assessed` are ones that the pack can't judge: they are always shown as such.

    "reading": {
      "calibration": {"edema": {"temperature": 1.7, "bias": -0.3}},
          p = sigmoid(logit(p_model) / temperature + bias), fitted on held-out films; p_model is P(Yes)/(P(Yes)+P(No))
      "calibration": {"edema": {"x": [0, 0.4, 1], "y": [0.02, 0.1, 0.7]}},
          or a table: p is interpolated linearly between the points (x ascending, y not falling)
      "decision": {"edema": 0.35},
          present if and only if p (calibrated where a calibration stands) reaches the threshold
      "box_findings": ["pleural effusion"]
          findings that were trained with boxes; without the key the model is asked about each present finding
      "change": {"certainty_band": 1.0}  or  {"edge_error": 0.02}
          how it tells what grew since a prior (`inference.engine.changes`): by its probabilities, equal within so much
          of their log odds, or by the sizes of its boxes, whose edges may be off by so much of the square's side;
          without the key by the sizes, to one cell of the grid
    }

How list and probability are reconciled. A finding with a threshold under `decision` follows its probability; one
without follows the model's own finding list of turn 1. The list that results is what the reader is shown, and it is
written in the answer's place before the report turn wherever it differs from what the model wrote (m4cxr.md §4.2
allows the edit). So findings, boxes and report rest on the same list.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inference.backend import FINDINGS, Presence
from inference.engine.changes import ChangeRules
from inference.errors import PackRefused


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """Temperature and bias on the logit (Platt scaling)."""

    temperature: float
    bias: float

    def __call__(self, p: float) -> float:
        p = min(max(p, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(math.log(p / (1 - p)) / self.temperature + self.bias)))


@dataclass(frozen=True, slots=True)
class Table:
    """Linear interpolation between fitted points (isotonic regression, for instance)."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __call__(self, p: float) -> float:
        at = bisect_right(self.x, p)
        if at == 0 or at == len(self.x):
            return self.y[0 if at == 0 else -1]
        share = (p - self.x[at - 1]) / (self.x[at] - self.x[at - 1])
        return self.y[at - 1] + share * (self.y[at] - self.y[at - 1])


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """The checked content of `reading` in a manifest."""

    not_assessed: frozenset[str] = frozenset()
    calibration: Mapping[str, Sigmoid | Table] = field(default_factory=dict)
    decision: Mapping[str, float] = field(default_factory=dict)
    box_findings: frozenset[str] | None = None
    change: ChangeRules = field(default_factory=ChangeRules)

    @classmethod
    def from_manifest(cls, reading: Mapping[str, Any], not_assessed: Sequence[str] = ()) -> ReadingSettings:
        """Raises PackRefused, naming the key, where a setting can't be used."""
        if unknown := set(reading) - {"calibration", "decision", "box_findings", "change"}:
            raise PackRefused(f"manifest.json: “reading.{min(unknown)}” is not known to this program.")
        boxes = reading.get("box_findings")
        return cls(
            not_assessed=frozenset(_names("not_assessed", list(not_assessed))),
            calibration={
                name: _curve(name, one) for name, one in _per_finding(reading, "calibration").items()
            },
            decision={name: _share(name, one) for name, one in _per_finding(reading, "decision").items()},
            box_findings=None if boxes is None else frozenset(_names("reading.box_findings", boxes)),
            change=_change_rules(reading.get("change", {})),
        )

    def confidence(self, label: str, p_model: float) -> tuple[float, bool]:
        """Probability that `label` is present, and whether it is calibrated."""
        curve = self.calibration.get(label)
        return (p_model, False) if curve is None else (min(max(curve(p_model), 0.0), 1.0), True)

    def presence(self, label: str, confidence: float, is_listed: bool) -> Presence:
        """State of a finding from its probability and the model's own list, as the module's docstring says."""
        if label in self.not_assessed:
            return "not assessed"
        threshold = self.decision.get(label)
        is_present = is_listed if threshold is None else confidence >= threshold
        return "present" if is_present else "absent"

    def asks_for_boxes(self, label: str) -> bool:
        """True if the model is asked where this finding is."""
        return self.box_findings is None or label in self.box_findings


def _change_rules(told: Any) -> ChangeRules:
    keys = {"certainty_band": 10.0, "edge_error": 0.5}
    if not isinstance(told, Mapping) or set(told) - keys.keys() or len(told) > 1:
        raise PackRefused("manifest.json: “reading.change” must hold certainty_band or edge_error, not both.")
    for key, value in told.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 < value <= keys[key]:
            raise PackRefused(
                f"manifest.json: “reading.change.{key}” must be a number above 0, at most {keys[key]:g}."
            )
    return ChangeRules(**told)


def _names(key: str, names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or any(name not in FINDINGS for name in names):
        raise PackRefused(f"manifest.json: “{key}” must list findings out of the 13.")
    return tuple(names)


def _per_finding(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = told.get(key) or {}
    if not isinstance(table, Mapping) or any(name not in FINDINGS for name in table):
        raise PackRefused(
            f"manifest.json: “reading.{key}” must be an object with findings out of the 13 as keys."
        )
    return table


def _share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise PackRefused(f"manifest.json: “reading.decision.{name}” must be a number from 0 to 1.")
    return float(value)


def _curve(name: str, told: Any) -> Sigmoid | Table:
    where = f"manifest.json: “reading.calibration.{name}”"
    if not isinstance(told, Mapping):
        raise PackRefused(f"{where} must be an object.")
    try:
        if "x" in told:
            return _table(tuple(map(float, told["x"])), tuple(map(float, told["y"])), where)
        curve = Sigmoid(float(told["temperature"]), float(told.get("bias", 0)))
    except (KeyError, TypeError, ValueError) as error:
        raise PackRefused(f"{where} needs temperature and bias, or x and y: {error}.") from error
    if not (curve.temperature > 0 and math.isfinite(curve.temperature) and math.isfinite(curve.bias)):
        raise PackRefused(f"{where}: temperature must be above 0, bias finite.")
    return curve


def _table(x: tuple[float, ...], y: tuple[float, ...], where: str) -> Table:
    ascends = all(one < other for one, other in itertools.pairwise(x))
    never_falls = all(one <= other for one, other in itertools.pairwise(y))
    in_range = all(0 <= one <= 1 for one in (*x, *y))  # NaN fails here
    if len(x) != len(y) or len(x) < 1 or not (ascends and never_falls and in_range):
        raise PackRefused(f"{where}: x must ascend, y must not fall, both of equal length within 0..1.")
    return Table(x, y)
