"""Bytes to entries: every format that is read, what is made harmless, and the processes in which it happens."""
