"""What python-wfdb reads in a record, as one JSON object: the peer of SessionRecorder's tests.

python read_session.py RECORD
"""

import json
import sys

import wfdb

from digest import MISSING_CODE, codes, digest

record = wfdb.rdrecord(sys.argv[1], physical=False)
columns = [codes(record.d_signal[:, i], MISSING_CODE[record.fmt[i]]) for i in range(record.n_sig)]
print(
    json.dumps(
        {
            "rate": float(record.fs),
            "samples": record.sig_len,
            "gains": record.adc_gain,
            "baselines": record.baseline,
            "units": record.units,
            "names": record.sig_name,
            "checksumsAgree": record.calc_checksum() == [c % 65536 for c in record.checksum],
            "baseTime": str(record.base_time),
            "baseDate": str(record.base_date),
            "comments": record.comments,
            "digests": [digest(c) for c in columns],
        },
        default=int,
    )
)
