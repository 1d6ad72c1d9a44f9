"""What a model's steps cost on this machine, beside the published sampler and the machine's own limits."""
