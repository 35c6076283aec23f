"""Real peers for the tests: each module starts one on loopback and says plainly when it cannot."""
