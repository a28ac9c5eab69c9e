"""The HTTP door of referrals."""
