"""Trains film generators: a site's films and reports to an adapter (CXR-SD), a fine-tuned U-Net, or LoRA factors.

`rows` and `captions` turn a site's studies into films with words, `draws` decides which of them a step sees, `latents`
keeps what the frozen VAE makes of a film, `learner` is the generator with just the plan's part learning. The steps are
taken by `inference.training.loop`, as for the reading model: same run folder, same checkpoints, same commands.
"""
