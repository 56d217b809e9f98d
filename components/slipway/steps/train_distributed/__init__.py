"""Step: training under tf.distribute."""
