"""The simulator: a county's agencies, invented, at work on the local platform through its public doors."""
