"""The benchmark: a scratch database of any size, and the desk's figures beside the machine's own floor."""
