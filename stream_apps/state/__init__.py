"""Checks, repairs and rebuilds the state of all stages; knows the rows of every stage."""
