"""Model packs: folders with a manifest and the files it names. Found, checked, opened, written, put in place."""

from inference.packs.manifest import ARCHITECTURES, MANIFEST, Manifest, PackFile
from inference.packs.store import (
    BUNDLED,
    CONFIG,
    DEFAULT_PACK,
    PACKS_DIR_VARIABLE,
    PREPROCESSOR,
    TOKENIZER,
    WEIGHTS,
    Pack,
    find_pack,
    installed_packs,
    manifest_sha256,
    open_pack,
    search_path,
    user_packs_dir,
    write_manifest,
)

__all__ = [
    "ARCHITECTURES",
    "BUNDLED",
    "CONFIG",
    "DEFAULT_PACK",
    "MANIFEST",
    "PACKS_DIR_VARIABLE",
    "PREPROCESSOR",
    "TOKENIZER",
    "WEIGHTS",
    "Manifest",
    "Pack",
    "PackFile",
    "find_pack",
    "installed_packs",
    "manifest_sha256",
    "open_pack",
    "search_path",
    "user_packs_dir",
    "write_manifest",
]
