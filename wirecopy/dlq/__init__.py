"""Dead letters for people: what is there, one at length, sending again, throwing away."""
