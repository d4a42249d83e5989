"""Monitoring of a running process: metrics, liveness and readiness, and their HTTP server."""
