"""Training of the ECGCLIP Edge model: data, network, int8 export and evaluation."""
