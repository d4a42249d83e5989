"""One poll, decided: what is new, what is remembered, when to come back. Pure, but for asking."""
