"""The usual frontal chest, very coarse: the mean of 80 phantom films, PA and AP, against which a film is held.

It is made of `inference.phantom` (seeds 0 to 39, 128 pixels, brought to 16 x 16, mean 0); no real film is in it.
"""

from __future__ import annotations

import numpy as np

SIDE = 16
_ROWS = """
-99 -99 -99 -98 -93 -81 -46 -22 -22 -47 -81 -94 -98 -99 -96 -99
-97 -96 -96 -87 -62 -36 -14   1   1 -16 -37 -63 -87 -96 -75 -95
-77 -64 -61 -43 -17 -19  -7  20  17 -23 -19 -18 -44 -61 -63 -77
-36 -14  -4  11   4 -32 -23  41  26 -44 -33   4  10  -5 -13 -36
-22   1  16  29  -7 -38 -27  57  39 -34 -39  -8  28  15   1 -22
-34  -2  32  34  -5 -22 -14  68  58  -7 -22  -7  33  31  -3 -33
-51 -12  41  32   7  -2   6  78  71  23   1   7  32  40 -14 -48
-68 -27  36  26  13   9  23  81  81  33  14  14  27  36 -29 -65
-82 -41  25  16   9  10  37  85  91  63  33  14  17  25 -42 -81
-90 -49  14   4   0   5  40  86  94  75  57  25  12  17 -49 -90
-94 -53   7   0   3   9  31  83  91  71  59  27   6   9 -53 -94
-96 -54   8  21  47  58  59  87  88  63  53  36  10   6 -55 -95
-96 -55  19  53  74  83  85  95  92  70  63  62  42  12 -55 -96
-97 -57  19  59  78  87  90  96  95  87  83  75  56  15 -58 -96
-97 -61  14  59  78  87  91  96  96  90  86  77  58  13 -61 -97
-98 -67  -3  37  54  62  67  71  71  66  62  53  36  -5 -68 -98
"""
USUAL_CHEST = np.array([row.split() for row in _ROWS.strip().splitlines()], dtype=np.float64)
"""(SIDE, SIDE): bright is positive, air is negative."""
