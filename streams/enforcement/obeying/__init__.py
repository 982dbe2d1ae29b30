"""What people ask for is done, or refused with a reason: a room for each noun."""
