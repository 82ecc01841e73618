"""Does the evidence say what a sentence claims? Guards that see what is wrong, and a verifier that combines them."""
