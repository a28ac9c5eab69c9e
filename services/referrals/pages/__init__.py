"""The pages of casework: concerns, referrals, cases, worklists; they do and show what `/v1` does and shows."""
