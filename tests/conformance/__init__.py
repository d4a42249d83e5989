"""What we make of feeds beside what others make of them.

``feeds/`` and ``test_feeds.py`` are our own and run with every test. ``python -m tests.conformance FOLDER`` runs a
suite that is not part of this repository; ``docs/conformance.md`` says which, and what came of it.
"""
