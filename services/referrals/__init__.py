"""referrals owns facts: concerns, cases, referrals and their answers, and the vault of what identifies."""
