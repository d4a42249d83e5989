"""Everything that crosses a process boundary, defined once.

``records`` holds the messages, ``topics`` the Kafka topics that carry them, ``json/`` the JSON Schemas
generated from the records, ``elasticsearch/`` the index templates. Imports nothing of the other packages.
"""
