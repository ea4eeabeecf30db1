"""The driver: selects cells, runs them through nox, judges what happened and reports it."""
