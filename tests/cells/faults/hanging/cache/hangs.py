"""Sleeps on, and does not listen to requests to end."""
import os
import signal
import time

print(os.getpid(), flush=True)


def run():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(3600)
