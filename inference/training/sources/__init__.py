"""Where training data comes from: `open_data("KIND:PATH")` reads a source into a `DataSet`, whatever form it came in.

One small file per form; each says where the form is documented and what of it could not be checked here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from inference.training.rows import DataSet
from inference.training.sources.tables import SourceRefused


@dataclass(frozen=True, slots=True)
class Kind:
    """A form of data. `read` gets what stands behind the colon."""

    help: str  # one line
    read: Callable[[str], DataSet]


def _kind(module: str, help: str) -> Kind:
    """A kind whose module is imported at its first use: `--help` stays quick."""

    def read(path: str) -> DataSet:
        found: DataSet = import_module(f"inference.training.sources.{module}").read(path)
        return found

    return Kind(help, read)


KINDS: Mapping[str, Kind] = {
    "folder": _kind("folder", "a folder of DICOM studies with reports (CSV, JSON, text files, DICOM SR)"),
    "corrections": _kind("corrections", "what readers made of drafts on this computer; PATH may be left out"),
    "sidelight": _kind("sidelight", "a folder with cxr/manifest.csv, films and labels (licence tier A only)"),
    "mimic": _kind("mimic", "MIMIC-CXR-JPG, with mimic-cxr-reports in or beside it"),
    "chexpert": _kind("chexpert", "CheXpert: the folder of train.csv and valid.csv"),
    "vindr": _kind("vindr", "VinDr-CXR: the folder of annotations/, train/ and test/"),
    "ms-cxr": _kind("ms_cxr", "MS-CXR,MIMIC-CXR-JPG: a reference set, never trained on"),
    "imagenome": _kind("imagenome", "Chest ImaGenome,MIMIC-CXR-JPG: regions of films with phrases"),
    "mimic-vqa": _kind("mimic_vqa", "MIMIC-CXR-VQA or Medical-Diff-VQA,MIMIC-CXR-JPG: questions and answers"),
    "openi": _kind("openi", "Open-i: the folder of ecgen-radiology/ and the PNG films"),
    "reports": _kind("reports", "a JSON lines file of reports without films: for the dialogue skill only"),
    "nih": _kind("nih", "NIH ChestX-ray14: the folder of Data_Entry_2017.csv"),
}


def open_data(spec: str) -> DataSet:
    """Read a source.

    Args:
        spec: `KIND:PATH`, for instance `folder:/data/studies`. The kinds are those of KINDS.

    Returns:
        The data set, named by `spec`: two folders of one kind in one run can be told apart.

    Raises:
        SourceRefused: There is no such kind, or the source as a whole can't be read. What is wrong with single rows
            is in the data set's `troubles`.
    """
    name, colon, path = spec.partition(":")
    kind = KINDS.get(name.strip().lower())
    if kind is None or not colon:
        raise SourceRefused(f"“{spec}” names no data.", f"Write KIND:PATH; the kinds are {', '.join(KINDS)}.")
    return replace(kind.read(path.strip()), name=spec.strip())


def folder_at(path: str) -> Path:
    """The folder that a source lies in.

    Raises:
        SourceRefused: There is none.
    """
    folder = Path(path).expanduser()
    if not path:
        raise SourceRefused(
            "No folder is named behind the colon.", "Write KIND:PATH, for instance folder:/data/chest."
        )
    if folder.is_file():
        raise SourceRefused(f"“{path}” is a file.", "Name the folder that it lies in.")
    if not folder.is_dir():
        raise SourceRefused(f"There is no folder “{path}”.", "Check the path behind the colon.")
    return folder
