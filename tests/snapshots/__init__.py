"""The templates as they were when somebody last said that they are right."""
