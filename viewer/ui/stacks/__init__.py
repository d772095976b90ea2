"""Stacks in viewports: what scrolls, what is read ahead, cine."""
