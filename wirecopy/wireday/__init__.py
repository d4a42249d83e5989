"""The wire day: invented outlets and agencies, their feeds for one day, and the truth about who copied whom.

Everything is computed from a seed, without I/O (``generate``); ``server`` puts it on loopback and ``files`` on disk.
"""
