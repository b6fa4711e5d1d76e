"""From loads to what they mean: cycles, main numbers, quality, and the study that holds them."""
