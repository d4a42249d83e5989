"""Which feeds are this process's own, as Kafka's group protocol says, and when each is polled."""
