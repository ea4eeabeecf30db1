"""What probes need installed beside a cell's lock: built, resolved, and named for their keys."""
