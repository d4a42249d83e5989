"""Feeds as an enemy would write them, behind a real server."""
