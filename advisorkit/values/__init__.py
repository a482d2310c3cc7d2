"""Values that everything else is about: errors, quantities, patterns, criteria, prices, engagements."""
