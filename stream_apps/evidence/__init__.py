"""What two articles share and why they are linked, for people: ``wirecopy diff`` and ``wirecopy why``."""
