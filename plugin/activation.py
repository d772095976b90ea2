"""Puts the panel into the window, and takes it out again."""

from __future__ import annotations

import os
from collections.abc import Callable

from inference.supervisor import BackendProcess
from plugin.ask import part as ask
from plugin.backend import part as backend
from plugin.backend.choice import kept_choice
from plugin.controller import Controller
from plugin.dashboard import part as dashboard
from plugin.desk import Desk
from plugin.first_look import part as first_look
from plugin.output import part as output
from plugin.prior import part as prior
from plugin.records import part as records
from plugin.report.part import report_part
from plugin.report_panel import ReportPanel
from plugin.review import part as review
from plugin.runs import BackendDoor
from plugin.seen import part as seen
from plugin.settings import PanelSettings, settings_from
from plugin.signing import part as signing
from plugin.site import part as site
from plugin.synthesis import part as synthesis
from plugin.training import part as training
from plugin.triage import part as triage
from viewer.api import Action, Host, Undo

PARTS: tuple[Callable[[Desk, ReportPanel], Undo], ...] = (
    records.attach,
    first_look.attach,
    review.attach,
    signing.attach,
    prior.attach,
    seen.attach,
    ask.attach,
    report_part,
    output.attach,
    site.attach,
    triage.attach,
    dashboard.attach,
)
"""Each topic's own small controller: it connects its widgets, brings its actions, and can be taken away again. What
keeps the others' work comes first: it hears of everything, and is taken away last."""


def activate(host: Host) -> Undo:
    """Dock the panel and start the backend. The returned function undoes both; calling it twice does no harm."""
    settings = settings_from(os.environ)
    choice = kept_choice(host.settings, settings)
    door = BackendProcess(choice.pack or None, settings.device, precision=choice.precision or None)
    return install(host, door, settings)


def install(host: Host, door: BackendDoor, settings: PanelSettings) -> Undo:
    """Dock the panel on any backend."""
    panel = ReportPanel()
    controller = Controller(host, panel, door, settings)
    undos: list[Undo] = [
        *(part(controller, panel) for part in PARTS),
        backend.attach(controller, panel, door, controller.backend),
        synthesis.attach(controller, panel, door),
        training.attach(controller, panel, door, controller.backend),
        host.add_panel("reading", "Reading", panel),
        *(host.add_action(action) for action in actions(controller)),
        host.on_hanging_changed(controller.hanging_changed),
        host.on_mark_clicked(controller.choose_box),
    ]
    controller.begin()

    def undo() -> None:
        if not undos:
            return
        controller.end()
        while undos:
            undos.pop()()
        door.stop()

    return undo


def actions(controller: Controller) -> tuple[Action, ...]:
    """What the menu AI offers."""
    return (
        Action("read", "Read this study", controller.read, "Ctrl+R"),
        Action("stop", "Stop reading", controller.stop, "Ctrl+."),
        Action("toggle_boxes", "Boxes on or off", controller.toggle_boxes, "B"),
    )
