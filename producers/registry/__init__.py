"""Which feeds there are: lists, the topic ``feeds``, the commands that keep them, and how they fare."""
