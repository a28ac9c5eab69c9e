"""Signing in to the pages: the provider, the session, the lock, the quick exit."""
