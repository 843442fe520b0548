"""How a store gets from one version to the next; Alembic runs `env.py`, which runs `versions/` in their order."""
