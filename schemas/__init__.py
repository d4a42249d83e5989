"""Everything that crosses a process boundary, defined once.

``public_records``, ``internal_records`` and ``feed_records`` define the messages, ``topics`` the Kafka topics that
carry them, ``json/`` the JSON Schemas generated from the public records, ``elasticsearch/`` the index templates. This
package imports none of the others.
"""
