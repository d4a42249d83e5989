"""Parsers of all feed formats: from bytes to bounded, harmless entries, in processes that can be killed."""
