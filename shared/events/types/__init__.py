"""The event types, one module per noun. `shared.events.registry` lists them all."""
