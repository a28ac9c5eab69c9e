"""The pages of notifications: the inbox."""
