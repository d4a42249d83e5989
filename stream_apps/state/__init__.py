"""The state of the stages as a whole: checking it, making it anew. Knows the rows of every stage."""
