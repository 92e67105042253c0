"""The command line `mlops`: what people do with a deployed platform, on AWS and in a rehearsal alike."""
