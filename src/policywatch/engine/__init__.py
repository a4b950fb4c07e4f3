"""Who does the work, and when: one process by itself, or many that share a PostgreSQL database.

`local.py` does the work on its own ticks; `procrastinate.py` hands it to a queue that any number of processes serve.
Both may double or delay a unit of work: that each mail leaves once rests on the store's unique keys and claims alone.
"""
