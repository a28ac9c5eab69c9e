"""What the three services share. Nothing here imports a service."""
