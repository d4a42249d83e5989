"""The desk: wirecopy in a browser. Every page has an address and a JSON twin.

``pages/X.py`` has the routes and handlers of a page: it reads the request and asks the index. The modules named for the
content of a page (``story_page.py``) make its data from the answers, without any I/O.
"""
