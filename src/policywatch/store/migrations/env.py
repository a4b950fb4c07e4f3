"""Called by alembic; runs the steps on the connection that the store hands over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True)
# The caller's transaction spans all steps: a migration that is killed leaves nothing behind.
context.run_migrations()
