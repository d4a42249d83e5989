"""Events: stories that tell of one thing that happened, in words of their own. A weaker grouping, never a story."""
