"""The desk: wirecopy in a browser. Pages over the index, each with its address and a twin in JSON."""
