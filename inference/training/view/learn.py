"""Fit the view network, and ask it about held-out pictures hung in every way."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inference.training.view.data import AP, FRONTAL, LATERAL, NO_CHEST, PA, ViewPictures
from inference.training.view.net import ViewNet
from inference.training.view.vary import Hung, hang, hang_by_lot, vary

log = logging.getLogger("view")
SHARES = {PA: 0.20, AP: 0.20, FRONTAL: 0.08, LATERAL: 0.22, NO_CHEST: 0.30}
"""How often each kind is drawn while training."""
CHILDREN = "real kermany_paediatric"
_CHILDREN_AS_ONE = 0.15  # of the AP films: all children there are AP, and a child must not stand for AP


def train(pictures: ViewPictures, steps: int, seed: int, batch: int = 48) -> ViewNet:
    """Fit the network by AdamW with one cycle of the learning rate."""
    torch.manual_seed(seed)
    generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    net = ViewNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    chance, views = draw_chances(pictures), torch.from_numpy(pictures.view)
    loss_sum = 0.0
    for step in range(steps):
        pick = rng.choice(len(pictures), batch, p=chance)
        grey = torch.from_numpy(pictures.grey[pick]).float() / 255
        hung = hang_by_lot(batch, generator)
        loss = loss_of(net(vary(hang(grey, hung), generator)), views[pick], hung)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own annotation is missing
        optimizer.step()
        schedule.step()
        loss_sum += float(loss.detach())
        if step % 100 == 99:
            log.info("step %d of %d: loss %.3f", step + 1, steps, loss_sum / 100)
            loss_sum = 0.0
    return net.eval()


def draw_chances(pictures: ViewPictures) -> NDArray[np.float64]:
    """How often each picture is drawn: `SHARES`; half of the laterals real where any are, children seldom."""
    chance = np.zeros(len(pictures))
    for view, share in SHARES.items():
        of_view = pictures.view == view
        rare = of_view & (pictures.group == ("real lateral" if view == LATERAL else CHILDREN))
        part = {LATERAL: 0.5, AP: _CHILDREN_AS_ONE}.get(view, 0.0) if rare.any() else 0.0
        if part:
            chance[rare] = share * part / rare.sum()
        rest = of_view & ~rare if part else of_view
        chance[rest] = share * (1 - part) / max(1, rest.sum())
    return np.asarray(chance / chance.sum())


def loss_of(said: tuple[Tensor, Tensor, Tensor, Tensor], view: Tensor, hung: Hung) -> Tensor:
    """The view of every picture; how it hangs only of chest films; mirrored only of frontal ones."""
    by_view, by_turns, inverted, mirrored = said
    frontal = (view == FRONTAL) | (view == PA) | (view == AP)
    stated, chest = view != FRONTAL, view != NO_CHEST
    log_view = by_view.log_softmax(1)
    either = -torch.logsumexp(log_view[~stated][:, [PA, AP]], 1).sum()
    exact = functional.cross_entropy(by_view[stated], view[stated], label_smoothing=0.02, reduction="sum")
    total = (either + exact) / len(view)
    total = total + functional.cross_entropy(by_turns[chest], hung.quarter_turns[chest], label_smoothing=0.01)
    total = total + functional.binary_cross_entropy_with_logits(
        inverted[chest], hung.is_inverted[chest].float()
    )
    return total + 0.3 * functional.binary_cross_entropy_with_logits(
        mirrored[frontal], hung.is_mirrored[frontal].float()
    )


@torch.no_grad()
def ask(net: ViewNet, pictures: ViewPictures, hung: Hung) -> dict[str, NDArray[Any]]:
    """Probabilities of each head for pictures hung as `hung` says."""
    generator = torch.Generator().manual_seed(0)  # not drawn from: nothing is varied
    rows: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    for start in range(0, len(pictures), 128):
        here = slice(start, start + 128)
        grey = torch.from_numpy(pictures.grey[here]).float() / 255
        part = Hung(hung.quarter_turns[here], hung.is_inverted[here], hung.is_mirrored[here])
        view, turns, inverted, mirrored = net(vary(hang(grey, part), generator, strength=0))
        rows.append((view.softmax(1), turns.softmax(1), inverted.sigmoid(), mirrored.sigmoid()))
    names = ("view", "turns", "inverted", "mirrored")
    return {name: torch.cat([row[i] for row in rows]).numpy() for i, name in enumerate(names)}
