"""The models of this computer: the card of the one that reads, and the choice among those that are installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from inference.status import InstalledPack
from plugin.backend.choice import ModelChoice, keep_choice, kept_choice
from plugin.backend.model_card import ModelCard
from plugin.backend.models_dialog import ModelsDialog
from plugin.backend_watch import BackendWatch
from plugin.desk import Desk
from plugin.report_panel import ReportPanel
from plugin.runs import BackendDoor
from viewer.api import Action, Undo

NOT_TOLD = "The AI's program does not answer, so the models are not known. Restart AI, or see `sidelight packs list`."


def attach(desk: Desk, panel: ReportPanel, door: BackendDoor, watch: BackendWatch) -> Undo:
    """Connect the model's name and the problem box, and bring the menu's action."""
    part = BackendPart(desk, panel, door, watch)
    panel.header.card_requested.connect(part.show_card)
    panel.problem.models_requested.connect(part.show_models)
    panel.problem.slow_requested.connect(watch.load_slow)
    panel.history.pack_help_requested.connect(part.show_models)
    undo_action = desk.host.add_action(Action("models", "Models on this computer…", part.show_models))

    def undo() -> None:
        undo_action()
        part.end()

    return undo


class BackendPart:
    """Opens the dialogs and asks the backend, in a worker, what they show."""

    def __init__(self, desk: Desk, panel: ReportPanel, door: BackendDoor, watch: BackendWatch) -> None:
        self._desk, self._panel, self._door, self._watch = desk, panel, door, watch
        self._card: ModelCard | None = None
        self._models: ModelsDialog | None = None

    def show_card(self) -> None:
        """The card of the model that reads; without one, the models that there are."""
        pack = self._desk.pack
        if pack is None:
            self.show_models()
            return
        card = self._card = ModelCard(pack, self._watch.runs_on, self._panel)
        card.models_requested.connect(self.show_models)
        card.finished.connect(lambda _: self._forget_card(card))
        card.open()

        def fill(packs: tuple[InstalledPack, ...]) -> None:
            own = next((one for one in packs if one.sha256 == pack.sha256), None)
            if own is not None and self._card is card:
                card.show_manifest(own)

        self._ask_for_packs(fill, lambda: None)

    def show_models(self) -> None:
        """The installed models, and how to get another one."""
        if self._card is not None:
            self._card.reject()
        now = kept_choice(self._desk.host.settings, self._desk.settings)
        loaded = self._desk.pack.id if self._desk.pack is not None else ""
        dialog = self._models = ModelsDialog(now, loaded, self._panel)
        dialog.chosen.connect(self._choose)
        dialog.finished.connect(lambda _: self._forget_models(dialog))
        dialog.open()

        def fill(packs: tuple[InstalledPack, ...]) -> None:
            if self._models is dialog:
                dialog.show_packs(packs)

        def fail() -> None:
            if self._models is dialog:
                dialog.show_note(NOT_TOLD)

        self._ask_for_packs(fill, fail)

    def end(self) -> None:
        for dialog in (self._card, self._models):
            if dialog is not None:
                dialog.reject()

    def _choose(self, choice: ModelChoice) -> None:
        """Read with another model from now on: the backend is started again with it."""
        keep_choice(self._desk.host.settings, choice)
        self._door.choose(choice.pack or None, choice.precision or None)
        self._watch.restart()

    def _ask_for_packs(
        self, fill: Callable[[tuple[InstalledPack, ...]], None], fail: Callable[[], None]
    ) -> None:
        door = self._door

        def work(_: Callable[[], bool]) -> Iterator[tuple[InstalledPack, ...]]:
            yield door.client().packs()

        self._desk.host.run_in_background(work, fill, lambda error: fail() if error is not None else None)

    def _forget_card(self, card: ModelCard) -> None:
        if self._card is card:
            self._card = None

    def _forget_models(self, dialog: ModelsDialog) -> None:
        if self._models is dialog:
            self._models = None
