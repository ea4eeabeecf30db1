# SPDX-License-Identifier: BSD-2-Clause
"""The command `ask`: what a shape of recursion, a piece of code, a symptom or a thread means.

`releases` and `structure` know nothing of each other, `programs` finds by them, `question` decides
what is meant, `answer` tells how safe that is, and `command` puts it in words.
"""


class Unanswerable(Exception):
    """What is wrong with the question, or with the file to answer it from; a line per offer."""

    def __init__(self, message, offered=()):
        super().__init__(message)
        self.offered = list(offered)
