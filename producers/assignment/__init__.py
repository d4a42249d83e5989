"""The assignment of feeds to this process by Kafka's group protocol, and the schedule of their polls."""
