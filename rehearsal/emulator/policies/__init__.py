"""IAM's policy language, evaluated: pure decisions over documents and a request, without the emulator around them."""
