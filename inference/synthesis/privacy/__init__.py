"""Did a generator learn films by heart? A report for every trained generator, and the gate that reads it.

`neighbours` holds drawn films against those that were learnt from (numpy only), `prompts` measures how hard each prompt
pulls (torch), `report` is what is written, `gate` decides whether a pack may be written or installed. `measure` puts a
generator through all of it.

Nothing here proves that a generator is safe to give away: it finds copies among what was drawn. A site that gives a
generator trained on its patients' films to others decides that by its own rules as well.
"""
