"""The Kafka door of referrals: submissions in, one receipt each."""
