"""Dead letters for people: list, show, send again, purge."""
