"""What a model pack says about itself: the schema of `manifest.json`.

python -m inference.packs.manifest > docs/manifest.schema.json
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

SCHEMA_VERSION = 2
"""Version 1 knew no origins, no quantisation, no base and no probabilities in its self-tests; it still opens."""
READER, GENERATOR = "m4cxr", "cxr-sd"
ARCHITECTURES = (READER, GENERATOR)
"""What this program can compute: one that reads films, one that draws synthetic ones. Any other is refused."""
NEEDED_TO_READ = ("findings", "preprocessing", "box_frame", "prompt_version")
"""Fields that a reading pack must have and a generator's has no use for."""
ID_PATTERN = r"^[a-z0-9][a-z0-9_.-]{0,63}$"
MANIFEST = "manifest.json"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]
FindingName = Annotated[str, Field(min_length=1, max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PackFile(_Part):
    """One file of the pack. `name` is relative to its folder, with `/`."""

    name: str = Field(min_length=1, max_length=200)
    size: int = Field(ge=0)
    sha256: Sha256
    sample_sha256: Sha256 | None = None
    """Of three samples of a large file (`inference.packs.files.sample_sha256`), looked at on every start."""

    @field_validator("name")
    @classmethod
    def _stays_inside(cls, name: str) -> str:
        parts = name.split("/")
        if "\\" in name or ":" in name or "\0" in name or PurePosixPath(name).is_absolute():
            raise ValueError(f"“{name}” is no relative path with / in it")
        if any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"“{name}” leaves the pack's folder")
        return name


class Licence(_Part):
    """Under which terms the weights may be used; the text is shown before they are installed."""

    id: str = Field(min_length=1, max_length=100)
    text: str = Field(min_length=1)
    research_only: bool


class SelfTestCase(_Part):
    """A prompt over a picture that code builds, and what must come out (see `inference.packs.self_test`)."""

    picture: str
    """Name of a picture recipe known to this program (`inference.packs.self_test_film`)."""
    prompt: str
    """The user's turn, with one `<image>`."""
    expected_ids: tuple[int, ...] = Field(min_length=1, max_length=64)
    """How the answer begins, greedily in float32."""
    expected_probabilities: tuple[Share, ...] = ()
    """Probability of each of those ids where all before it are given, in float32."""


class Base(_Part):
    """The pack below this one, where this one is an adapter: it works on no other."""

    id: str = Field(pattern=ID_PATTERN)
    sha256: Sha256
    """Of the base pack's manifest."""


class Origin(_Part):
    """One repository or folder that a converted pack's weights were read from."""

    role: Literal["model", "base", "adapter"]
    source: str = Field(min_length=1, max_length=200)
    """Where it was published: a repository's name, or “local folder”."""
    revision: Annotated[str, Field(pattern=r"^([0-9a-f]{40})?$")] = ""
    """The pinned revision; empty where it is not known."""
    files: dict[str, Sha256] = Field(min_length=1)
    """SHA-256 of every file that was read."""


class Quantisation(_Part):
    """How the language model's projections are stored, where that is not one number per weight."""

    scheme: Literal["nf4", "int8", "int4"]
    settings: dict[str, Any] = Field(default_factory=dict)
    """What its loader must know, and the version of what computed it."""


class Manifest(_Part):
    """Everything that is told about a pack, and the hashes of all its files."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"architecture": {"const": READER}}},
            "then": {"required": list(NEEDED_TO_READ)},
        }
    )

    schema_version: Literal[1, 2]
    id: str = Field(pattern=ID_PATTERN)
    version: str = Field(min_length=1, max_length=40)
    title: str = Field(min_length=1, max_length=200)
    architecture: str
    tasks: tuple[str, ...] = Field(min_length=1)
    languages: tuple[str, ...] = ("en",)
    findings: tuple[FindingName, ...] = ()
    not_assessed: tuple[FindingName, ...] = ()
    """Findings that the pack can't judge; the reader is told so."""
    preprocessing: str = ""
    """`inference.preprocess.PREPROCESSING_VERSION` that it was trained with."""
    box_frame: Literal["shortest_edge"] | None = None
    prompt_version: str = ""
    """`inference.text.prompts.PROMPT_VERSION` that it was trained with."""
    licence: Licence
    intended_use: str
    training_data: str
    card: str
    """Model card in plain text: what it was trained on, how good it measured, known failures."""
    scores: dict[str, Any] = Field(default_factory=dict)
    """Measured scores by test set."""
    min_memory_bytes: dict[str, int] = Field(default_factory=dict)
    """By precision: memory that a reading was measured to need; `sidelight packs plan` works it out for a machine."""
    reading: dict[str, Any] = Field(default_factory=dict)
    """How to read with it: calibration, decisions (`inference.engine.settings`)."""
    self_test: tuple[SelfTestCase, ...] = ()
    """Run before the first reading on each machine."""
    self_test_tolerance: dict[str, Share] = Field(default_factory=dict)
    """By precision: how far probabilities may be off in the mean; where it is silent, the program's own bounds hold."""
    source: str = ""
    """Where the weights come from, in words."""
    origins: tuple[Origin, ...] = ()
    """What a converted pack was made from."""
    converter: str = ""
    """Which program made it, with its version."""
    precision: str = ""
    """Of the weights as they are stored: float32, float16, bfloat16; of what is not quantised, where something is."""
    quantisation: Quantisation | None = None
    base: Base | None = None
    """Only for adapters."""
    files: tuple[PackFile, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_what_its_architecture_needs(self) -> Manifest:
        if self.architecture == READER:
            missing = [name for name in NEEDED_TO_READ if name not in self.model_fields_set]
            if missing:
                raise ValueError(f"a pack that reads must have {', '.join(missing)}")
        if self.architecture == GENERATOR:
            needless = [name for name in ("base", "quantisation", "self_test") if getattr(self, name)]
            if needless:
                raise ValueError(f"a pack that draws can't have {', '.join(needless)}")
        return self

    @field_validator("files")
    @classmethod
    def _each_once(cls, files: tuple[PackFile, ...]) -> tuple[PackFile, ...]:
        names = [file.name.lower() for file in files]  # not all file systems tell cases apart
        if len(set(names)) != len(names) or MANIFEST in names:
            raise ValueError("a file is named twice, or the manifest names itself")
        return files


def json_schema() -> str:
    """The schema as JSON Schema, for editors and for whoever writes packs with other programs."""
    schema = Manifest.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"
