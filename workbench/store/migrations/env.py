"""What Alembic runs: the connection comes from `run.migrate`, which owns the transaction."""

from alembic import context

from workbench.store.schema import metadata

# Without a migration running, as when its documentation is tested, there is nothing to do.
config = getattr(context, "config", None)
if config is not None:
    context.configure(
        connection=config.attributes["connection"],
        target_metadata=metadata,
        transactional_ddl=False,
    )
    context.run_migrations()
