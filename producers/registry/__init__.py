"""The registry of feeds: lists, the topic ``feeds``, the commands that change it, and the status of feeds."""
