"""Watched folders, where agencies deliver files."""
