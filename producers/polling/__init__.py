"""The decisions of a poll: new records, memory of entries, next poll. Pure, but for asking."""
