"""For people: what two articles share and why they are linked (``diff``, ``why``), and files judged (``eval dedup``)."""
