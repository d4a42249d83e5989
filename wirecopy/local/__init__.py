"""Real servers on this machine: Kafka and Elasticsearch from Maven artifacts, on loopback, without containers.

Imports nothing here, so that ``preflight`` runs before any package is installed.
"""
