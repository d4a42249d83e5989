"""Strange bytes, made by the thousand, for everything that reads what others have written: ``./do fuzz [MINUTES]``."""
