"""What Alembic runs: the connection comes from `run.migrate`, which owns the transaction."""

from alembic import context

from workbench.store.schema import metadata

if context.config.attributes.get("connection") is not None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        transactional_ddl=False,
    )
    context.run_migrations()
