"""The bundled demo data and the truth planted in it."""
