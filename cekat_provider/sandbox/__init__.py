"""A Cekat on this machine: the documented endpoints, a customer to play, a clock to move, faults on demand.

It stands alone. Nothing here imports the rest of ``cekat_provider``, so that what the provider sends is
judged by a witness that shares neither a parser nor a table of limits with it. Where ``limits.py`` repeats a
number that the client knows too, the repetition is the point.

Start it with ``cekat-sandbox``, or use the pytest fixture ``cekat_sandbox``.
"""
