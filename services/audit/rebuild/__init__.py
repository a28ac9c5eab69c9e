"""The ledger and its Merkle logs anew from Kafka, beside the live ones."""
