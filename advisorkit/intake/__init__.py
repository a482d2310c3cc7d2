"""What clients send before there is an engagement: questionnaires, portfolio tables, notes."""
