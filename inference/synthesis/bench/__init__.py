"""`sidelight bench synthesis`: how like real films a generator's films are, and whether they show what was asked for.

`films` holds real and comparison films, `prompts` what is asked for, `spaces` the networks that look at the films,
`measure` puts numbers together, `table` words them, `command` is the door.

Films are drawn unmarked, in this process, and are never written: what the bench leaves behind are numbers.
"""
