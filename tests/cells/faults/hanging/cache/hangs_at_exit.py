"""Answers, but a thread of it goes on."""
import os
import threading
import time

print(os.getpid(), flush=True)


def run():
    threading.Thread(target=time.sleep, args=(3600,)).start()
    return 1
