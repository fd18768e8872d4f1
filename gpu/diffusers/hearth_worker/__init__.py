"""The worker of the `diffusers` engine."""
