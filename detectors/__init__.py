"""What looks wrong: rules over features and single events, raised as explained alerts. Pure: sees frames only."""
