"""METEOR 1.5, computed by its authors' own program where that is installed.

The score rests on the authors' paraphrase table (59 MB) and on WordNet, and on how their beam search breaks ties: it
can't be had without them. The PyPI package `pycocoevalcap` carries program and tables; a Java runtime must be there.
Neither is needed for anything but this one number, so neither is a dependency of the
program; the tests have both (extra `dev`).
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

_JAR = "meteor-1.5.jar"


class MeteorUnavailable(Exception):
    """The authors' program can't be run here; the message says what is missing."""


def meteor(hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """METEOR of a whole set of tokenised texts, each with one reference, from its summed statistics.

    Args:
        hypotheses: As `inference.evaluation.text_scores.tokens` splits them.
        references: As many.

    Raises:
        MeteorUnavailable: `pycocoevalcap` or Java is not installed, or the program failed.
    """
    return _scores(hypotheses, references)[-1]


def meteor_of_each(hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> list[float]:
    """METEOR of each text by itself; raises as `meteor` does."""
    return _scores(hypotheses, references)[:-1]


def _scores(hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> list[float]:
    """Of each pair, then of the whole set."""
    pairs = zip(hypotheses, references, strict=True)
    asked = [f"SCORE ||| {_line(reference)} ||| {_line(hypothesis)}" for hypothesis, reference in pairs]
    with _program() as program:
        statistics = [_answer(program, line) for line in asked]
        scores = [_answer(program, "EVAL ||| " + " ||| ".join(statistics))]
        scores += [_answer(program, "") for _ in asked]  # one for each pair, then that of the whole set
        program.terminate()
    return [float(score) for score in scores]


def _line(words: Sequence[str]) -> str:
    return " ".join(words).replace("|||", "")


def _program() -> subprocess.Popen[str]:
    folder, java = _folder(), shutil.which("java")
    if java is None:
        raise MeteorUnavailable("METEOR's program needs a Java runtime.")
    command = [java, "-Xmx2G", "-jar", _JAR, "-", "-", "-stdio", "-l", "en", "-norm"]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=folder, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    )


def _answer(program: subprocess.Popen[str], line: str) -> str:
    """Send one line, if there is any, and read one."""
    assert program.stdin is not None
    assert program.stdout is not None
    if line:
        program.stdin.write(f"{line}\n")
        program.stdin.flush()
    if not (answer := program.stdout.readline().strip()):
        raise MeteorUnavailable("METEOR's program ended without an answer.")
    return answer


def _folder() -> Path:
    found = importlib.util.find_spec("pycocoevalcap")
    places = list(found.submodule_search_locations or ()) if found else []
    folder = Path(places[0]) / "meteor" if places else None
    if folder is None or not (folder / _JAR).is_file():
        raise MeteorUnavailable("METEOR's program is not installed: pip install pycocoevalcap")
    return folder
