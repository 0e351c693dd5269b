"""How Alembic reaches the database and the models."""

from alembic import context
from sqlalchemy import engine_from_config, pool

from exam_engine.records import Base

settings = context.config.get_section(context.config.config_ini_section) or {}
engine = engine_from_config(settings, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
