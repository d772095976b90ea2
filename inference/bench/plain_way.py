"""How the published code answers: one prompt at a time, every picture and every word of it encoded again each time.

The weights are the very same modules that the engine computes with; the loop is transformers' own `generate`, with the
cache that it keeps within one answer.
"""

from __future__ import annotations

import torch

from inference.bench.subjects import Subject
from inference.text import prompts
from inference.text.prompts import Role, chat_text

Turns = list[tuple[Role, str]]


class PlainWay:
    """Answers about one film. Nothing is remembered from one answer to the next."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self.encoder_calls = 0

    def read(self, box_tokens: dict[str, int]) -> tuple[tuple[list[int], list[int]], int]:
        """A whole reading but for `yes_no`: what `list_and_report` gives, and how often the film was encoded."""
        before = self.encoder_calls
        said = self.list_and_report()
        self.boxes(box_tokens)
        return said, self.encoder_calls - before

    def list_and_report(self) -> tuple[list[int], list[int]]:
        """Both turns of the chain of thought (m4cxr.md §4.2)."""
        lengths = self._subject.lengths
        ids = self.prompt([("user", prompts.single_image_findings())])
        listed = self.generate(ids, lengths.list)
        ids = self.next_turn(ids, listed, prompts.SINGLE_REPORT)
        return listed, self.generate(ids, lengths.report)

    def conversation(self, listed: list[int], report: list[int], question: str) -> list[int]:
        """The prompt of a question after the reading."""
        ids = self.next_turn(
            self.prompt([("user", prompts.single_image_findings())]), listed, prompts.SINGLE_REPORT
        )
        return self.next_turn(ids, report, question)

    def boxes(self, lengths: dict[str, int]) -> None:
        """Where each finding is: a call of its own for each, as many tokens as our answer has."""
        for finding, tokens in lengths.items():
            self.generate(
                self.prompt([("user", prompts.on_image(prompts.finding_grounding(finding)))]), tokens
            )

    def yes_no(self) -> None:
        """Whether each finding is present: a call of its own for each."""
        for finding in self._subject.asked:
            ids = self.prompt([("user", prompts.on_image(prompts.is_present(finding)))])
            self.generate(ids, self._subject.lengths.yes_no)

    def prompt(self, turns: Turns) -> list[int]:
        return self._subject.tokenizer.encode_prompt(chat_text(turns))

    def next_turn(self, ids: list[int], answer: list[int], question: str) -> list[int]:
        eos = self._subject.tokenizer.eos_id
        closed = answer if answer[-1:] == [eos] else [*answer, eos]
        return [*ids, *closed, *self._subject.tokenizer.encode_prompt(f"[INST] {question} [/INST]")]

    @torch.inference_mode()
    def generate(self, ids: list[int], tokens: int, *, stops: bool = True) -> list[int]:
        """The answer to a prompt, the stop token included; without `stops` just so many tokens."""
        model = self._subject.model
        pictures = model.picture_tokens(self._subject.pixels())
        self.encoder_calls += 1
        embeds = model.embed(torch.tensor([ids]), pictures)
        said = model.language_model.generate(
            inputs_embeds=embeds,
            attention_mask=torch.ones(embeds.shape[:2], dtype=torch.long),
            max_new_tokens=tokens,
            min_new_tokens=None if stops else tokens,
            do_sample=False,
            eos_token_id=self._subject.tokenizer.eos_id,
            pad_token_id=0,
        )
        return [int(token) for token in said[0]]
