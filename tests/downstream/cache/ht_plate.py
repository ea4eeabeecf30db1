# /// script
# dependencies = ["ht==1.2.0"]
# ///
"""ht's plate exchanger, off the list of what ht never caches: it calls itself with other defaults.

https://github.com/numba/numba/issues/6061
"""

from ht import hx
from numba import njit

for name in ("P_NTU_Pc", "P_NTU_Pp", "temperature_effectiveness_plate"):
    setattr(hx, name, njit(cache=True)(getattr(hx, name)))


def run():
    return hx.temperature_effectiveness_plate(1 / 3.0, 1.0, 3, 1)
