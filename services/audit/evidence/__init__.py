"""Evidence bundles: what goes into one, how it is written, made on demand, and opened (docs/evidence.md)."""
