"""What the templates looked like when somebody last said that they are right."""
