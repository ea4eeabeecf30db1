"""Kills every process of its group."""
import os
import signal


def run():
    os.killpg(0, signal.SIGKILL)
