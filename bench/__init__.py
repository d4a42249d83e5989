"""What wirecopy costs and how well it does, measured. Run ``python -m bench`` for the commands; none is a test."""
