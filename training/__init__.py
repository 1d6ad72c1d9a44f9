"""How the embedded checkpoint is made: corpus, tokenizer, training, evaluation, export."""
