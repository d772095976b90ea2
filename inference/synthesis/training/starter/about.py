"""What the bundled generator's manifest says of it, but for what is counted or measured."""

from __future__ import annotations

VERSION = "0.2.0"
LICENCE_ID = "CC-BY-NC-SA-4.0"
LICENCE = """\
The weights of this pack are made available under the Creative Commons Attribution-NonCommercial-ShareAlike 4.0 \
International licence (https://creativecommons.org/licenses/by-nc-sa/4.0/). Non-commercial, because its vocabulary \
was learnt from the Indiana University chest radiograph reports (Open-i, CC BY-NC-ND 4.0, Demner-Fushman et al. \
2016), and because the boxes that say where opacities are were drawn by the RSNA readers and given for \
non-commercial use. No report and no film is part of the pack.

Films it was trained on: NIH ChestX-ray14 (no restrictions on use; provided by the NIH Clinical Center, \
https://nihcc.app.box.com/v/ChestXray-NIHCC; Wang et al., CVPR 2017); Hannover Medical School COVID-19 series \
(CC BY 3.0, Winther et al. 2020); paediatric films of Kermany et al. 2018 (CC BY 4.0); and digital phantoms of our own.

Research use only. Not a medical device. No warranty of any kind."""
TRAINING_DATA = (
    "Real films are of licence tier A: NIH ChestX-ray14 (a selection at 512 px), Hannover COVID-19 films without "
    "labels, Kermany paediatric pneumonia films; training patients only. Phantoms are computed by this program, with "
    "all that is on them known. No film has a report: captions were worded from labels and boxes. Nothing in it began "
    "from published weights."
)
INTENDED_USE = (
    "To try the drawing of synthetic films without a GPU and without a download. Every film that it draws is marked as "
    "synthetic. Small demonstration model. Not a medical device, not for diagnosis."
)
