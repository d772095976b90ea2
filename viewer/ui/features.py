"""The parts of the window that carry out wishes. Each is an object whose methods are named by the ids in `ACTIONS`.

A new part is written in a folder of its own and gets one line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from viewer.ui.comparison.wishes import ComparisonWishes
from viewer.ui.display.grey_levels import GreyLevels
from viewer.ui.display.layer_wishes import LayerWishes
from viewer.ui.display.look_wishes import LookWishes
from viewer.ui.hanging.posture_wishes import PostureWishes
from viewer.ui.hanging.wishes import HangingWishes
from viewer.ui.keys.controller import Keys
from viewer.ui.languages import Languages
from viewer.ui.marking.feature import MarkEditing
from viewer.ui.memory_note import MemoryNote
from viewer.ui.monitor.wishes import MonitorWishes
from viewer.ui.output.export import Export
from viewer.ui.output.key_images import KeyImages
from viewer.ui.output.printing import Printing
from viewer.ui.privacy.wishes import PrivacyWishes
from viewer.ui.screens.side_widths import SideWidths
from viewer.ui.screens.wishes import ScreenWishes
from viewer.ui.stacks.feature import StackFeature
from viewer.ui.studies.folder_watch import FolderWatch
from viewer.ui.studies.keeper import StudyKeeper
from viewer.ui.studies.order import StudyOrder
from viewer.ui.studies.thumbnails import Thumbnails
from viewer.ui.synthetic.feature import SyntheticFilms
from viewer.ui.tags.feature import TagFeature
from viewer.ui.tools.controller import Tools
from viewer.ui.tools.real_size import RealSize
from viewer.ui.wishes import Wishes

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


@runtime_checkable
class NeedsWindow(Protocol):
    """A part that puts more into the window than `ACTIONS` do: menus are there when it is called, once."""

    def window_is_built(self) -> None: ...


@runtime_checkable
class AnswersEscape(Protocol):
    """A part that Esc stops first: a drawing that has begun, a tool that is not the usual one."""

    def escape(self) -> bool:
        """True where there was something to stop."""
        ...


@runtime_checkable
class SaysAgain(Protocol):
    """A part that shows words made from data, which the window can't say again in another language by itself."""

    def say_again(self) -> None: ...


def make_features(window: MainWindow) -> tuple[object, ...]:
    """All parts, in the order in which they are asked for a wish."""
    tools = Tools(window)
    return (
        Wishes(window),
        HangingWishes(window),
        ComparisonWishes(window),
        ScreenWishes(window),
        SideWidths(window),
        PostureWishes(window),
        PrivacyWishes(window),
        MonitorWishes(window),
        Keys(window),
        Languages(window),
        GreyLevels(window),
        StudyKeeper(window),
        StudyOrder(window),
        SyntheticFilms(window),
        FolderWatch(window),
        Thumbnails(window),
        StackFeature(window),
        TagFeature(window),
        MemoryNote(window),
        LayerWishes(window),
        LookWishes(window),
        Export(window),
        KeyImages(window),
        tools,
        MarkEditing(window, tools),
        RealSize(window, tools),
        Printing(window),
    )
