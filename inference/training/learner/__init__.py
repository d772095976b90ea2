"""The model that learns, and what it learns from: everything between a plan's phase and an optimizer's step.

    learner = load_learner(plan, phase, begin=None)     learner.py   nn.Module, loaded afresh; `begin`: an adapter folder
    learner.parameter_groups()                          for AdamW: rates and weight decay as the phase says
    order = Order(mix, phase, number, seed, tokenizer)  order.py     `mix` has `draw(index) -> Sample`
    order.micro_batches(step)                           tuple of tuples of Samples, alike in length; pure in `step`
    collator = Collator(learner, datasets, folder)      collate.py   `folder`: for kept features; None: memory only
    batch = collator(samples)                           Batch
    total = learner(batch)                              scalar: sum over the answers' tokens of weight * cross entropy
    (total / weight_of_the_step).backward()             its sum of `batch.weight` over micro-batches and processes;
                                                        DDP averages gradients: multiply by the processes
    check_planned(learner)                              alive.py     before step 1: just the plan's parts learn
    check_gradients(learner, step)                      after the backward pass of steps 1 and 2; raises DeadGradient
    weights = Weights(learner); weights.check_moved()   at the start, and after step 10; raises StillWeights
    learner.state(), learner.load_state(tensors)        what differs from the base, by name: for checkpoints
    learner.save_adapter(folder)                        adapter_config.json, adapter_model.safetensors (peft's layout)
    learner.base_logits(batch), learner.answers(...)    see learner.py

`learner.forward` computes under autocast itself where the plan says bfloat16: accelerate is told `mixed_precision="no"`.
Between steps, `with learner.judged():` switches to eval mode without gradients, for validation.
"""

from __future__ import annotations
