"""The backend's states, its card and the choice among models, as the reader sees them."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication

from inference.backend import Error, Progress, Queued
from inference.errors import BackendLost, ModelNotInstalled, OutOfMemory, VerySlow
from inference.packs import find_pack
from inference.status import InstalledPack, Loading
from plugin.backend.model_card import ModelCard
from plugin.backend.models_dialog import FETCH, NONE, ModelsDialog

STARTER = InstalledPack("starter-test", "0.9", "Test pack", ("report",), "Apache-2.0", "f" * 64, "Phantoms.")
LARGE = InstalledPack("m4cxr", "1.0", "M4CXR", ("report",), "CC-BY-NC-4.0", "a" * 64)


def restart(desk) -> None:
    from plugin.controller import Controller

    desk.panel.findChild(Controller).backend.restart()


def header(desk) -> str:
    return desk.panel.header.state_label.accessibleName()


def open_models(desk) -> ModelsDialog:
    desk.host.actions["models"].run()
    (dialog,) = [one for one in desk.panel.findChildren(ModelsDialog) if one.isVisible()]
    desk.wait(lambda: dialog.list.count() > 0 or dialog.note.text() == NONE)
    return dialog


def test_ready_names_the_device_and_the_precision(desk):
    assert header(desk) == "AI ready"
    assert desk.panel.header.detail_label.text() == "CPU, 8 cores · float32"


def test_loading_tells_how_much_of_the_model_was_read(desk):
    desk.door.loading = Loading(6_200_000_000, 14_500_000_000)
    restart(desk)
    desk.wait(lambda: header(desk) == "AI loading… 43%")
    assert desk.panel.header.detail_label.text() == "6.2 GB of 14.5 GB read"

    desk.door.loading = None
    desk.wait(lambda: header(desk) == "AI ready")


def test_ready_is_said_also_where_the_supervisor_notices_it_after_the_model_is_there(desk):
    desk.door.state = "starting"  # its next look comes a moment later
    desk.wait(lambda: header(desk) == "AI starting…")

    desk.door.state = "ready"

    desk.wait(lambda: header(desk) == "AI ready")


def test_a_reading_that_waits_for_the_model_tells_it_too(desk):
    run = desk.read()
    run.send(Progress("loading", 120, 900))

    desk.wait(lambda: "120 of 900 MB" in desk.status())


def test_busy_tells_how_many_are_before(desk):
    run = desk.read()
    run.send(Queued(2))

    desk.wait(lambda: header(desk) == "AI busy")
    assert "2 jobs before yours" in desk.panel.header.detail_label.text()


def test_no_pack_leads_to_the_command_that_installs_one(desk, tmp_path):
    desk.door.load_error = ModelNotInstalled("m4cxr", tmp_path)
    restart(desk)
    desk.wait(lambda: header(desk) == "No model installed")
    assert "m4cxr" in desk.panel.problem.text.text()

    desk.press(desk.panel.problem.buttons["models"])
    (dialog,) = desk.panel.findChildren(ModelsDialog)
    desk.wait(lambda: dialog.note.text() == NONE)
    assert dialog.commands[0].text() == FETCH
    copy = next(button for button in dialog.findChildren(type(dialog.use_button)) if button.text() == "Copy")
    desk.press(copy)

    assert QGuiApplication.clipboard().text() == FETCH
    dialog.reject()


def test_out_of_memory_in_a_reading_says_what_helps_and_the_ai_stays_ready(desk):
    run = desk.read()
    run.send(Error("OutOfMemory", "This reading needs 8 GB.", OutOfMemory.remedy))

    desk.wait(lambda: desk.panel.problem.title.text() == "Out of memory")
    assert "int8" in desk.panel.problem.remedy.text()
    assert desk.panel.problem.buttons["models"].isVisible()
    assert header(desk) == "AI ready"


def test_a_very_slow_model_is_loaded_only_when_the_reader_says_so(desk):
    desk.door.load_error = VerySlow("M4CXR", "CPU", 900)
    restart(desk)
    desk.wait(lambda: header(desk) == "Very slow here")
    assert "15 minutes" in desk.panel.problem.text.text()

    desk.press(desk.panel.problem.buttons["wait"])

    desk.wait(lambda: header(desk) == "AI ready")
    assert desk.door.slow_loads == 1


def test_a_lost_backend_is_restarted_with_one_click(desk):
    desk.door.die("its process was ended by SIGKILL")
    desk.wait(lambda: header(desk) == "AI stopped")

    desk.press(desk.panel.problem.restart_button)

    desk.wait(lambda: header(desk) == "AI ready")


def test_the_card_shows_the_measured_numbers_of_the_manifest(desk):
    scores = find_pack("starter").manifest.scores
    desk.door.installed = (InstalledPack("x", "1", "X", (), "MIT", "f" * 64, "NIH films.", scores),)

    desk.press(desk.panel.header.pack_button)
    (card,) = desk.panel.findChildren(ModelCard)
    desk.wait(lambda: card.scores.rowCount() > 10)

    texts = [card.scores.item(row, 2).text() for row in range(card.scores.rowCount())]
    assert "0.808 (0.740 to 0.869)" in texts
    assert "Trained on: NIH films." in card.plain_text()
    assert "Runs on: CPU, 8 cores · float32" in card.plain_text()
    card.reject()


def test_a_card_without_numbers_says_so(desk):
    desk.door.installed = (STARTER,)

    desk.press(desk.panel.header.pack_button)
    (card,) = desk.panel.findChildren(ModelCard)
    desk.wait(lambda: "Phantoms." in card.trained.text())

    assert card.no_scores.isVisible()
    assert not card.scores.isVisible()
    card.reject()


def test_another_model_is_chosen_and_kept(desk):
    desk.door.installed = (STARTER, LARGE)
    dialog = open_models(desk)
    assert "reads now" in dialog.list.item(0).text()

    dialog.list.setCurrentRow(1)
    dialog.precision.setCurrentIndex(dialog.precision.findData("int8"))
    desk.press(dialog.use_button)

    assert desk.door.choices == [("m4cxr", "int8")]
    assert desk.host.settings.get("model") == {"pack": "m4cxr", "precision": "int8"}
    desk.wait(lambda: desk.door.starts == 1 and header(desk) == "AI ready")


def test_a_pack_in_quarantine_says_why_and_can_not_be_chosen(desk):
    bad = InstalledPack("bad", "1", "Bad", (), "MIT", "b" * 64, quarantine="its answers differ")
    desk.door.installed = (STARTER, bad)
    dialog = open_models(desk)

    assert "its answers differ" in dialog.list.item(1).text()
    dialog.list.setCurrentRow(1)
    assert not dialog.use_button.isEnabled()
    dialog.reject()


def test_a_pack_that_draws_is_shown_and_can_not_be_chosen_to_read(desk):
    draws = InstalledPack("synth", "1", "Generator", ("synthesis",), "MIT", "c" * 64, reads=False)
    desk.door.installed = (STARTER, draws)
    dialog = open_models(desk)

    assert "draws synthetic films" in dialog.list.item(1).text()
    dialog.list.setCurrentRow(1)
    assert not dialog.use_button.isEnabled()
    dialog.reject()


def test_where_the_backend_does_not_answer_the_models_are_not_known(desk):
    desk.door.start_error = BackendLost("gone")
    desk.host.actions["models"].run()
    (dialog,) = desk.panel.findChildren(ModelsDialog)

    desk.wait(lambda: "does not answer" in dialog.note.text())
    dialog.reject()


def test_the_card_leads_to_the_models(desk):
    desk.door.installed = (STARTER, LARGE)
    desk.press(desk.panel.header.pack_button)
    (card,) = desk.panel.findChildren(ModelCard)

    desk.press(card.models_button)

    (dialog,) = [one for one in desk.panel.findChildren(ModelsDialog) if one.isVisible()]
    desk.wait(lambda: dialog.list.count() == 2)
    assert desk.panel.findChildren(ModelCard) == []
    dialog.reject()
