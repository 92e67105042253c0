"""The two state machines, what starts them, and what removes their creations."""
