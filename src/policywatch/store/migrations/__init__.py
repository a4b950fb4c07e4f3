"""The schema, step by step (alembic). A released step is never edited; a new one is added."""
