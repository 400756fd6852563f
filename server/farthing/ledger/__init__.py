"""What cloud models cost, reserved before it is spent. See README.md for the way of a request through it."""
