"""Explanations for people: the differences of two articles (``diff``), the reason of their link (``why``), and the
evaluation of the stages over a file (``eval dedup``).
"""
