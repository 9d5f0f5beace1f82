"""Writes heart_rates.json: the heart rate of the PTB-XL records at hand, by wfdb's XQRS detector on lead II.

An independent opinion, not a truth. Run: python make_heart_rates.py FOLDER_OF_RECORDINGS
"""

import json
import pathlib
import sys

import numpy as np
import wfdb
from wfdb import processing

if __name__ == "__main__":
    rates = {}
    for header in sorted(pathlib.Path(sys.argv[1], "ptbxl/native").glob("*_hr.hea")):
        record = wfdb.rdrecord(str(header.with_suffix("")))
        lead = record.sig_name.index("II")
        beats = processing.xqrs_detect(record.p_signal[:, lead], record.fs, verbose=False)
        if len(beats) >= 4:
            rates[header.stem] = round(60 * record.fs / float(np.median(np.diff(beats))), 1)
    path = pathlib.Path(__file__).with_name("heart_rates.json")
    path.write_text(json.dumps(rates, indent=0) + "\n")
