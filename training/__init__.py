"""The making of the embedded checkpoint: corpus, tokenizer, training, evaluation, export."""
