"""Positions of places."""
