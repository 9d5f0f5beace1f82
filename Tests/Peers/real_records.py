"""Digests of the public recordings as python-wfdb reads them: what our reader must reproduce.

    python real_records.py DATA_FOLDER > fixtures/real-records.json

Numbers only: no sample of a recording is stored.
"""

import json
import pathlib
import sys

import numpy
import wfdb

from digest import MISSING_CODE, codes, digest

DATABASES = [
    "cinc2017", "cinc2021", "cpsc2018", "cpsc2021", "ludb", "mitdb", "nstdb", "ptbxl/native",
    "svdb",
]  # fmt: skip
LUDB_LEADS = ["i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"]


def describe(folder: pathlib.Path, name: str) -> dict:
    path = str(folder / name)
    record = wfdb.rdrecord(path, physical=False)
    signals = []
    for index, signal in enumerate(record.sig_name):
        stored = codes(record.d_signal[:, index], MISSING_CODE[record.fmt[index]])
        signals.append([signal, repr(float(record.adc_gain[index])), record.baseline[index]])
        signals[-1] += [record.units[index], digest(stored)]
    entry = {
        "record": name,
        "rate": record.fs,
        "samples": record.sig_len,
        "comments": digest(list("\n".join(record.comments).encode())),
        "signals": signals,
    }
    annotations = {}
    for extension in ["atr", *LUDB_LEADS]:
        if pathlib.Path(f"{path}.{extension}").exists():
            a = wfdb.rdann(path, extension, return_label_elements=["symbol", "label_store"])
            counts = {s: a.symbol.count(s) for s in sorted(set(a.symbol))}
            fields = [a.sample, a.label_store, a.subtype, a.chan, a.num]
            text = "\n".join(x.rstrip("\0") for x in a.aux_note).encode()
            numbers = numpy.stack(fields, axis=1).reshape(-1)
            annotations[extension] = [counts, digest(numbers), digest(list(text))]
    if annotations:
        entry["annotations"] = annotations
    return entry


def main() -> None:
    data = pathlib.Path(sys.argv[1])
    lines = []
    for database in DATABASES:
        for header in sorted((data / database).glob("**/*.hea")):
            name = header.relative_to(data).with_suffix("").as_posix()
            lines.append(json.dumps(describe(data, name), ensure_ascii=False))
    print("[\n" + ",\n".join(lines) + "\n]")


main()
