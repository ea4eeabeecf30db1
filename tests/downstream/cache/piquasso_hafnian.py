# /// script
# dependencies = ["piquasso==8.0.1"]
# ///
"""piquasso's hafnians: its cached reflections call themselves over slices of another layout.

antlr4-python3-runtime 4.9.2, which it needs, has no wheel: name one with --with that pip made of it.
https://github.com/numba/numba/issues/6061
"""

import piquasso as pq


def run():
    with pq.Program() as program:
        pq.Q() | pq.Vacuum()
        for mode in range(3):
            pq.Q(mode) | pq.Squeezing(r=0.1 + mode / 10)
            pq.Q(mode) | pq.Displacement(r=0.2)
        pq.Q(0, 1) | pq.Beamsplitter(theta=0.6, phi=0.3)
        pq.Q(1, 2) | pq.Beamsplitter(theta=0.4, phi=0.1)
    state = pq.GaussianSimulator(d=3).execute(program).state
    return state.get_particle_detection_probability((3, 2, 1))
