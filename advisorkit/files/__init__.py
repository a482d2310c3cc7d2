"""Files that people wrote, read strictly and once, and files written whole or not at all."""
