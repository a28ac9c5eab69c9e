"""Who is told of what: pure functions over events, the facts folded from them, and the MOU."""
