"""Speed and agreement: groundup's stages and OpenSim's on the same model and recording, in one process, in turn."""
