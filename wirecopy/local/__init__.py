"""Real servers on this machine: Kafka and Elasticsearch from Maven artifacts, on loopback, without containers.

This module imports nothing, so that ``preflight`` runs before any package is installed.
"""
