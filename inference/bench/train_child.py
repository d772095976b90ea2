"""One training run in a process of its own: our way or the plain one, the same samples in the same number of steps.

    python -m inference.bench.train_child ours|plain FOLDER PRECISION

FOLDER is what `train_subject.write_subject` wrote. Prints one JSON object. Time is taken from the first sample to the
last step; importing and loading the model are not in it, opening and encoding films are.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from inference.bench.train_subject import Drawn, read_subject
from inference.film_picture import model_picture
from inference.models.m4cxr import load_m4cxr
from inference.training.learner import Batch, Collator, Learner, Order, load_learner
from inference.training.learner.parts import put_adapter
from inference.training.loop.bundled_course import AliveWatch
from inference.training.loop.course import Material
from inference.training.loop.phase_run import PhaseRun
from inference.training.loop.processes import Processes
from inference.training.loop.progress import Progress
from inference.training.samples import Sample


def main() -> int:
    """Run one way; the result goes to standard output."""
    way, folder, precision = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    drawn = read_subject(folder, "bfloat16" if precision == "bfloat16" else "float32")
    prepare = ours if way == "ours" else plain
    torch.manual_seed(0)
    run = prepare(drawn, folder)
    loaded = peak_mib()
    began, worked = time.perf_counter(), time.process_time()
    facts = run()
    seconds, processor_s = time.perf_counter() - began, time.process_time() - worked
    films = sum(len(sample.films) for sample in drawn.samples)
    result = {
        "way": way,
        "films": films,
        "seconds": seconds,
        "processor_s": processor_s,
        "films_per_s": films / seconds,
        "peak_mib": peak_mib(),
        "loaded_mib": loaded,
        **facts,
    }
    print(json.dumps(result))  # noqa: T201
    return 0


def peak_mib() -> float:
    """Most resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ── Ours ────────────────────────────────────────────────────────────────────────────────────────────────────────


class BenchCourse:
    """The pieces of a run, with the samples that were drawn beforehand."""

    def __init__(self, drawn: Drawn, folder: Path) -> None:
        self.plan, self._drawn = drawn.plan, drawn
        self._features = folder / "features"
        self.collator: Collator

    def learner(self, number: int, begin: Path | None, device: str) -> Learner:
        return load_learner(self.plan, self.plan.phases[number], begin=begin, device=device)

    def material(self, number: int, learner: Learner) -> Material:
        self.collator = Collator(learner, [self._drawn.dataset], self._features, takes_synthetic=True)
        order = Order(self._drawn, self.plan.phases[number], self.collator.conversations, self.plan.seed)
        return Material(order, self.collator, (), AliveWatch(learner), wipe=self.collator.wipe)


def ours(drawn: Drawn, folder: Path) -> Callable[[], dict[str, Any]]:
    """The steps of `sidelight train run`: alive checks, films read ahead, features kept in memory and on disk."""
    course = BenchCourse(drawn, folder)
    phase = PhaseRun(course, Progress(), Processes("cpu"), begin=None, checkpoint=None)
    learner = phase.learner
    assert isinstance(learner, Learner)
    positions = 0

    def count(_: nn.Module, given: tuple[Batch, ...]) -> None:
        nonlocal positions
        positions += given[0].ids.numel()

    learner.register_forward_pre_hook(count)

    def run() -> dict[str, Any]:
        try:
            taken = [phase.take_step(lambda: None, lambda: ()) for _ in range(drawn.phase.steps)]
        finally:
            phase.close()
            course.collator.wipe()
        losses = [one.loss for one in taken if one is not None]
        calls = course.collator.pictures.encoder_calls
        return {"losses": losses, "positions": positions, "encoder_calls": calls}

    return run


# ── The plain way ───────────────────────────────────────────────────────────────────────────────────────────────


class PlainModel(nn.Module):
    """The same model as transformers and peft train it: everything forward at every step, logits at every position."""

    def __init__(self, drawn: Drawn) -> None:
        super().__init__()
        core = load_m4cxr(Path(drawn.plan.pack))
        self.adapted = put_adapter(core, ("abstractor",), drawn.phase.lora)
        self.encoder_calls, self.positions = 0, 0

    def forward(
        self, input_ids: Tensor, labels: Tensor, pixel_values: Tensor | None = None
    ) -> dict[str, Tensor]:
        core = self.adapted.get_base_model()
        tokens = None if pixel_values is None else core.picture_tokens(pixel_values)
        self.encoder_calls += 0 if pixel_values is None else len(pixel_values)
        self.positions += input_ids.numel()
        output = core.language_model(
            inputs_embeds=core.embed(input_ids, tokens), labels=labels, use_cache=False
        )
        return {"loss": output.loss}


class PlainData(torch.utils.data.Dataset[dict[str, Any]]):
    """Samples with their films' pixel values, made as they are asked for."""

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = drawn
        self._tokenizer, self._processor = drawn.tokenizer(), drawn.processor()

    def __len__(self) -> int:
        return len(self._drawn.samples)

    def __getitem__(self, index: int) -> dict[str, Any]:
        sample: Sample = self._drawn.samples[index]
        ids, labels = self._tokenizer.encode_sample(sample.text)
        greys = [model_picture(self._drawn.dataset.open_film(film)).grey for film in sample.films]
        pixels = [torch.from_numpy(self._processor.pixel_values(grey)) for grey in greys]
        return {"ids": ids, "labels": labels, "pixels": pixels}


def collated(items: list[dict[str, Any]]) -> dict[str, Tensor]:
    """Padded on the right."""
    pad = torch.nn.utils.rnn.pad_sequence
    ids, labels = ([torch.tensor(item[key]) for item in items] for key in ("ids", "labels"))
    batch = {
        "input_ids": pad(ids, batch_first=True, padding_value=0),
        "labels": pad(labels, batch_first=True, padding_value=-100),
    }
    pixels = [one for item in items for one in item["pixels"]]
    return batch | ({"pixel_values": torch.stack(pixels)} if pixels else {})


def plain(drawn: Drawn, folder: Path) -> Callable[[], dict[str, Any]]:
    """transformers' Trainer and peft."""
    from transformers import Trainer, TrainingArguments

    phase, model = drawn.phase, PlainModel(drawn)
    settings = TrainingArguments(
        output_dir=str(folder / "trainer"),
        max_steps=phase.steps,
        per_device_train_batch_size=phase.micro_batch,
        gradient_accumulation_steps=phase.batch // phase.micro_batch,
        learning_rate=phase.learning_rate,
        weight_decay=phase.weight_decay,
        warmup_steps=phase.warm_up,
        lr_scheduler_type="cosine",
        max_grad_norm=phase.clip,
        bf16=drawn.plan.precision == "bfloat16",
        use_cpu=True,
        save_strategy="no",
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
    )
    trainer = Trainer(model=model, args=settings, train_dataset=PlainData(drawn), data_collator=collated)

    def run() -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer.train()
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        return {"losses": losses, "positions": model.positions, "encoder_calls": model.encoder_calls}

    return run


if __name__ == "__main__":
    raise SystemExit(main())
