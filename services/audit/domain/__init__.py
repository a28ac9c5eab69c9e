"""What the ledger says of a case: its order, its state, its gaps, in words. Pure: no clock, no I/O."""
