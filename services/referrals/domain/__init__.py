"""What may happen to a concern, a case and a referral. Pure: time, ids and the MOU come in as arguments."""
