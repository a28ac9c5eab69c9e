"""PostgreSQL: the event store with its stamp and sequence, the consumer's position, migrations."""
