"""Step: LiteRT conversion and quantization, and a verdict on the compressed model."""
