"""What python-wfdb reads in an annotation file, as one JSON object.

python read_annotations.py RECORD EXTENSION
"""

import json
import sys

import wfdb

a = wfdb.rdann(sys.argv[1], sys.argv[2])
print(
    json.dumps(
        {
            "sample": a.sample.tolist(),
            "symbol": a.symbol,
            "subtype": a.subtype.tolist(),
            "channel": a.chan.tolist(),
            "number": a.num.tolist(),
            "auxiliary": [x.rstrip("\0") for x in a.aux_note],
        }
    )
)
