"""What a provider should keep of a prompt, whether that pays, and why it was not there; see README.md."""
