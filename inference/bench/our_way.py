"""The same answers through the engine: a film is encoded once, nothing is read twice, short questions go together."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from inference.backend import CancelToken
from inference.bench.subjects import Subject
from inference.engine.branch import Branch, Pictures, Reader
from inference.engine.constraint import AnswerConstraint
from inference.engine.decoding import Answer, greedy
from inference.engine.dialogue import Dialogue
from inference.engine.runtime import LanguageModel
from inference.engine.usage import Usage
from inference.text import prompts

IMAGE = "film"


class OurWay:
    """One study with its caches, freshly opened."""

    def __init__(self, subject: Subject, language: LanguageModel) -> None:
        self._subject = subject
        self.usage = Usage()
        self.dialogue = Dialogue(Reader(language, Pictures(), self.usage), subject.tokenizer)
        self.after_reading = Branch([])

    @torch.inference_mode()
    def look(self) -> None:
        """Encode the film, if that was not done yet."""
        if not self.usage.encoder_calls:
            self.dialogue.pictures.add(IMAGE, self._subject.lean.picture_tokens(self._subject.pixels())[0])
            self.usage.encoder_calls += 1

    def list_and_report(self) -> tuple[list[int], list[int]]:
        """Both turns of the chain of thought; later questions go on from there."""
        self.look()
        lengths = self._subject.lengths
        branch = self.dialogue.start(
            self.dialogue.prompt([("user", prompts.single_image_findings())], [IMAGE])
        )
        listed = self._said(branch, lengths.list)
        self.dialogue.next_turn(branch, prompts.SINGLE_REPORT)
        report = self._said(branch, lengths.report)
        self.dialogue.keep(branch)
        self.after_reading = branch
        return listed, report

    def boxes(self) -> dict[str, int]:
        """Where each finding is, asked together; the number of tokens of each answer."""
        asked = [prompts.finding_grounding(finding) for finding in self._subject.located]
        answers = self.dialogue.answers(
            [self.dialogue.prompt([("user", prompts.on_image(one))], [IMAGE]) for one in asked],
            CancelToken(),
            max_new_tokens=self._subject.lengths.boxes,
            constraints=[AnswerConstraint(self._subject.box_form, self._subject.pieces) for _ in asked],
        )
        tokenizer = self._subject.tokenizer
        return {
            self._subject.located[number]: len(tokenizer.encode_text(text)) + 1 for number, text in answers
        }

    def yes_no(self) -> None:
        """How sure the model is of each finding, from its logits where yes and no part."""
        self.look()
        asked = [prompts.on_image(prompts.is_present(finding)) for finding in self._subject.asked]
        prompts_ = [self.dialogue.prompt([("user", one)], [IMAGE]) for one in asked]
        for _ in self.dialogue.first_tokens(prompts_, CancelToken(), len(prompts_)):
            pass

    def question(self, text: str) -> Branch:
        """A question after the reading, not read yet."""
        branch = self.after_reading.fork()
        self.dialogue.next_turn(branch, text)
        return self.dialogue.start(branch.ids)

    def first_token(self, branch: Branch) -> int:
        return next(self.tokens(branch, CancelToken(), 1))

    def tokens(self, branch: Branch, cancel: CancelToken, count: int) -> Iterator[int]:
        """So many tokens that follow; no stop token ends them."""
        return greedy(self.dialogue.reader, branch, cancel, Answer(-1, count))

    def _said(self, branch: Branch, tokens: int) -> list[int]:
        start, eos = len(branch.ids), self._subject.tokenizer.eos_id
        for _ in greedy(self.dialogue.reader, branch, CancelToken(), Answer(eos, tokens)):
            pass
        said = branch.ids[start:]
        if said[-1] != eos:
            branch.ids.append(eos)
        return said
