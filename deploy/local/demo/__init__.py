"""`accord demo`: the story of one youth's referral, played through public doors only and told as it happens."""
