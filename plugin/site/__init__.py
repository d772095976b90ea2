"""What a site chooses once for all its studies: the reading mode, names, consent."""
