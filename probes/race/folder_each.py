"""Two processes call one function for the first time, each with a cache folder of its own."""

import os

from numba import config, njit

HERE = os.path.dirname(os.path.abspath(__file__))


def increment(x):
    return x + 1


def of_worker(name):
    config.CACHE_DIR = os.path.join(HERE, name)
    return njit(cache=True)(increment)


def run():
    return of_worker("first")(1)


def other():
    return of_worker("second")(1.5)
