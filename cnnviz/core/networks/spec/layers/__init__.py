"""The palette's single layers: a kind each, its options, arithmetic and torch module in one place."""
