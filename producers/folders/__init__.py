"""Watched folders, where agencies deliver."""
