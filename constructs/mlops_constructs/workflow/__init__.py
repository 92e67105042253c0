"""The two state machines of a model, what starts them, and what removes their creations."""
