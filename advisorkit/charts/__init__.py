"""Charts: what they say (`kinds`), where their marks lie (`draw`), and how they are drawn (`svg`, `figures`)."""
