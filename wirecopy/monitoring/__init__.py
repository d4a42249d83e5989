"""What a running process tells of itself: metrics, whether it is alive and ready, and an address to ask for them."""
