"""TensorFlow code that more than one step needs: examples, networks, signatures."""
