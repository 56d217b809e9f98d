"""Strategies of tf.distribute: one file each."""
