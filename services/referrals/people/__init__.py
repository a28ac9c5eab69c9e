"""People of agencies without a provider: who is invited, how they sign in, and the letters to them."""
