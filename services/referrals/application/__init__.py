"""What referrals does with a command or a question: load, decide, seal, append; or view."""
