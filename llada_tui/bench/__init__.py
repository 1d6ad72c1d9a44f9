"""The time that a model's steps take on this machine, beside the published sampler and the machine's own limits."""
