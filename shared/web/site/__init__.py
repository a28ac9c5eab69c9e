"""What every page of Accord shares: one look, one sign-in and one path scheme over three services."""
