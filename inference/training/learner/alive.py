"""Checks that a run learns what it was planned to learn: they find before the first minute is over what costs a night.

Written for what was really hit: factors on the vision encoder by accident, 4-bit weights repacked for a kernel
without a backward, a part that was frozen and looked alive, an optimizer that was given other parameters.
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

from inference.training.checkpoint import DeadGradient
from inference.training.learner.learner import Learner
from inference.training.learner.parts import own_parameters, part_of

_NAMES_SHOWN = 6


class OtherParameters(RuntimeError):
    """What learns is not what the plan says."""


class StillWeights(RuntimeError):
    """The optimizer takes steps, and a part's weights stay where they were."""


def check_planned(learner: Learner) -> tuple[str, ...]:
    """Names of all that learns, which is just what the plan says.

    Raises:
        OtherParameters: A planned part has no parameter that learns, or something else would learn.
    """
    own, parts = own_parameters(learner.core), set(learner.phase.parts)
    live = {id(one): name for name, one in own.items()}
    found = {part_of(name) for name in learner.learns}
    stray = [
        live.get(id(one), name)
        for name, one in learner.named_parameters()
        if one.requires_grad and (id(one) not in live or part_of(live[id(one)]) not in parts)
    ]
    if stray:
        raise OtherParameters(
            f"{len(stray)} parameters would learn that the plan does not name: {_list(stray)}."
        )
    if missing := parts - found:
        raise OtherParameters(f"The plan says that {', '.join(sorted(missing))} learns; nothing of it does.")
    return tuple(learner.learns)


def check_gradients(learner: Learner, step: int) -> bool:
    """After a backward pass and before the optimizer's step: everything planned has a gradient, nothing else has one.

    Call it from step 1 on until it says True. It can't always say so at once: LoRA's `A` has a gradient of zero as
    long as its `B` is zero, which is where it starts, and a step without pictures proves nothing about the eyes.

    Args:
        learner: With the step's whole gradient, from all processes.
        step: From 1; for the message.

    Returns:
        True if every parameter was seen alive.

    Raises:
        DeadGradient: A parameter has no gradient, or one of zero that should not be, or one that is not finite; or a
            parameter that does not learn has one.
    """
    own, learns = own_parameters(learner.core), learner.learns
    dead = [
        name for name, one in learns.items() if one.grad is None or not bool(torch.isfinite(one.grad).all())
    ]
    still = [name for name, one in learns.items() if one.grad is not None and not bool(one.grad.any())]
    excused = {name for name in still if _is_excused(name, own, learner.saw_pictures)}
    learner.forget_pictures()
    dead += [name for name in still if name not in excused]
    if dead:
        raise DeadGradient(
            f"After step {step}, {len(dead)} of {len(learns)} parameters that should learn have no gradient: "
            f"{_list(dead)}. The run would look alive and teach nothing. Was this model object used before?"
        )
    wanted = {id(one) for one in learns.values()}
    stray = [n for n, one in learner.named_parameters() if one.grad is not None and id(one) not in wanted]
    if stray:
        raise DeadGradient(
            f"After step {step}, parameters that should not learn have gradients: {_list(stray)}."
        )
    return not {name for name in excused if not name.endswith(_KEY_BIAS)}


_KEY_BIAS = ("k_proj.bias", "key.bias")
"""Softmax does not change when all keys move alike: this gradient is zero by mathematics, noise in practice."""


def _is_excused(name: str, own: dict[str, torch.nn.Parameter], saw_pictures: bool) -> bool:
    if name.endswith(_KEY_BIAS):
        return True
    if name.endswith(".lora_A.weight"):
        return not bool(own[name.replace(".lora_A.", ".lora_B.")].any())
    return part_of(name) in ("vision", "abstractor") and not saw_pictures


class Weights:
    """What the weights were when this was made."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._before = {name: _digest(one) for name, one in learner.learns.items()}
        self._others = _digest_of_others(learner)

    def check_moved(self, step: int = 10) -> None:
        """Every parameter that learns has moved, and nothing else has.

        Raises:
            StillWeights: It has not.
        """
        still = [name for name, one in self._learner.learns.items() if _digest(one) == self._before[name]]
        still = [name for name in still if not name.endswith(_KEY_BIAS)]
        if still:
            raise StillWeights(
                f"After step {step}, {len(still)} of {len(self._before)} parameters are what they were: "
                f"{_list(still)}. Is the optimizer given the model's own parameters, and a rate above zero?"
            )
        if _digest_of_others(self._learner) != self._others:
            raise StillWeights(f"After step {step}, parameters have moved that should not learn.")


def _digest(tensor: Tensor) -> bytes:
    flat = tensor.detach().to("cpu").contiguous().reshape(-1)
    return hashlib.blake2b(flat.view(torch.uint8).numpy().tobytes(), digest_size=16).digest()


def _digest_of_others(learner: Learner) -> bytes:
    """Of the adapter's parts that do not learn now, and the first layer below: cheap, and enough to see a mix-up."""
    learns = learner.learns
    rest = [one for name, one in own_parameters(learner.core).items() if name not in learns]
    rest.append(learner.core.language_model.get_input_embeddings().weight)
    if any(one is rest[-1] for one in learns.values()):
        rest.pop()
    return b"".join(map(_digest, rest))


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
