"""Finding plugins by entry point and reading what they say about themselves, without importing them. No Qt."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import cast

from viewer.api import API_VERSION, Activate
from viewer.core.language import tr

GROUP = "sidelight.plugins"


@dataclass(frozen=True, slots=True)
class PluginManifest:
    """What `plugin.toml` says."""

    id: str
    title: str
    api: int
    activate: str  # "package.module:function"


@dataclass(frozen=True, slots=True)
class RefusedPlugin:
    """A plugin that was found and can't be used, and why."""

    id: str
    title: str
    reason: str


def installed_plugins() -> tuple[EntryPoint, ...]:
    """The entry points of the group, by name."""
    return tuple(sorted(importlib.metadata.entry_points(group=GROUP), key=lambda entry: entry.name))


def read_manifests(entries: Iterable[EntryPoint]) -> tuple[PluginManifest | RefusedPlugin, ...]:
    """Read each plugin's `plugin.toml`; what is wrong with one does not touch the others."""
    return tuple(_read_manifest(entry) for entry in entries)


def load_activate(manifest: PluginManifest) -> Activate:
    """Import the function that `activate` names.

    Raises:
        Exception: Whatever the plugin's own import raises.
    """
    module, _, function = manifest.activate.partition(":")
    return cast(Activate, getattr(importlib.import_module(module), function))


def _read_manifest(entry: EntryPoint) -> PluginManifest | RefusedPlugin:
    try:
        folder = _folder(entry.value)
        said = tomllib.loads((folder / "plugin.toml").read_text(encoding="utf-8"))
        manifest = PluginManifest(
            str(said["id"]), str(said["title"]), int(said["api"]), str(said["activate"])
        )
    except (OSError, ValueError, KeyError, ImportError, TypeError) as error:
        return RefusedPlugin(
            entry.name, entry.name, tr("Its plugin.toml can't be used: {error}", error=repr(error))
        )
    if manifest.api != API_VERSION:
        return RefusedPlugin(
            manifest.id,
            manifest.title,
            tr(
                "It is written for version {theirs} of the viewer's door, this is version {ours}. "
                "Install versions of viewer and panel that belong together.",
                theirs=manifest.api,
                ours=API_VERSION,
            ),
        )
    return manifest


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"there is no package {package!r}")
    return Path(next(iter(spec.submodule_search_locations)))
