"""The advice: belief and gates, how firm it is, what would change it, what to ask, the ladder of steps."""
