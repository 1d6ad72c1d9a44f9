"""The screen. Nothing here imports torch: what it shows it reads from the trace and asks of the worker."""
