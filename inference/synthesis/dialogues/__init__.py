"""Instruction dialogues for the `<Xray>` skill, composed from reports by templates (medxchat.md, "Instruction data").

MedXChat has an instructor language model write them from a prompt with five parts; here each part is a module, and
nothing leaves the computer. No torch.

answer.py    (1) the task: what the assistant says where a film is asked for, and how it is read again
wishes.py    (2) human characteristics: who asks, how, and for which view
ordinary.py  … and those who want no film
compose.py   (3) properties: single and multi turn, nothing that the report does not support; (4) the report, linked
facts.py     what a report's sentence states and what a wish asks for: finding, side, size, place
things.py    their words, data
check.py     proves of each dialogue that its descriptions hold what the report says, in the view that was wished for
examples.py  (5) two example dialogues, to look at

`inference.training.mix.film_dialogues` makes them a task of the trainer; `inference.engine.film_wishes` asks the model.
"""
