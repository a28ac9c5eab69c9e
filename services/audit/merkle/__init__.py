"""The ledger's Merkle logs: one for each topic partition. How they grow, are signed, and are verified."""
