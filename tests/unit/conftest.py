"""Settings of all tests."""

from hypothesis import settings

# How long an example takes says something about the machine and nothing about a law.
settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
