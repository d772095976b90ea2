"""What the model was given to see: the square of each film, the prior, and which model looked at it."""
