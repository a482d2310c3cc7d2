"""Charts: what they show, where everything lies, and the SVG."""
