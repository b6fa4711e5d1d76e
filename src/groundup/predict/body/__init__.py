"""The body as the prediction of gait needs it: fewer coordinates, lean muscles, smooth paths, soft soles."""
