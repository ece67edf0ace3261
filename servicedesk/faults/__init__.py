"""Bad days on purpose: the faults of the fault plan against real processes, and what must hold after each.

`./desk faults` runs the drill (`management/commands/faults.py`); the fault tests use the same invariants and gates.
"""
