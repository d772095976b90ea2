"""Two screens: the second films window, and where all windows were the last time these screens were there."""
