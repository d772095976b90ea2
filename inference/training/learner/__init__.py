"""The model that learns, and what it learns from: everything between a plan's phase and an optimizer's step.

    learner = load_learner(plan, phase, begin=None)     learner.py   an nn.Module, the base loaded afresh; `begin`: the
                                                        adapter folder of the phase before
    check_planned(learner)                              alive.py     just the plan's parts learn; gives their names
    weights = Weights(learner)
    optimizer = AdamW(learner.parameter_groups())       rates and weight decay as the phase says
    collator = Collator(learner, datasets, folder)      collate.py   `folder`: RUN/features; None: memory only
    order = Order(mix, phase, collator.conversations, seed)          order.py     pure in the step
    for step in …:                                      from 0
        samples = order.step(step)                      .micro_batches, .weight (of the whole step)
        for group in samples.micro_batches:             with several processes, each takes every n-th
            total = learner(collator(group))            sum over the answers' tokens of weight * cross entropy
            (total / samples.weight).backward()         DDP averages gradients: multiply by the number of processes
        alive = alive or check_gradients(learner, step + 1)          raises DeadGradient; until it says True
        optimizer.step()
    weights.check_moved()                               after ten steps; raises StillWeights
    with learner.judged():                              eval mode without gradients, between steps
        for batch in collator.validation(samples, size): learner(batch) / batch.weight
    learner.state(), learner.load_state(tensors)        what differs from the base, by name: for checkpoints
    learner.save_adapter(folder)                        adapter_config.json, adapter_model.safetensors
    collator.wipe()                                     when the run is done

The forward pass computes under autocast itself where the plan says bfloat16: accelerate is told nothing of it
(`mixed_precision="no"`). A batch without pictures still gives the eyes gradients, of zero: no process waits in vain.
"""

from __future__ import annotations

from inference.training.learner.alive import (
    OtherParameters,
    StillWeights,
    Weights,
    check_gradients,
    check_planned,
)
from inference.training.learner.batch import Batch
from inference.training.learner.collate import Collator
from inference.training.learner.conversations import Conversations, PicturesDiffer
from inference.training.learner.learner import Learner, load_learner
from inference.training.learner.order import Order, StepSamples

__all__ = [
    "Batch",
    "Collator",
    "Conversations",
    "Learner",
    "Order",
    "OtherParameters",
    "PicturesDiffer",
    "StepSamples",
    "StillWeights",
    "Weights",
    "check_gradients",
    "check_planned",
    "load_learner",
]
