"""For people: what two articles share and why they are linked (``diff``, ``why``); files judged (``eval dedup``)."""
