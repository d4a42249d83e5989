"""``python -m wirecopy``."""

from wirecopy.cli import main

main()
