"""Small synthetic recordings, and what python-wfdb and pyedflib read in them.

    python make_fixtures.py

writes recordings and expected.json into fixtures/.

The files of the formats that the writers support are written by them; the rest is written here by
the specification and read back by them, so that expected.json always holds a peer's reading. The
exceptions, which no peer here reads, say so where they are made.
"""

import json
import pathlib

import numpy
import pyedflib
import wfdb

from digest import MISSING, MISSING_CODE, codes, digest

FOLDER = pathlib.Path(__file__).parent / "fixtures"
RANDOM = numpy.random.default_rng(20240601)
EXPECTED: dict[str, dict] = {}


def walk(samples: int, signals: int, low: int, high: int) -> numpy.ndarray:
    """Integers that wander over the whole range and touch both of its ends."""
    x = RANDOM.integers(low, high, size=(samples, signals), endpoint=True, dtype=numpy.int64)
    x[1], x[2] = low, high
    return x


def expect(name: str, rate: float, signals: list, columns: list) -> None:
    EXPECTED[name] = {
        "rate": rate,
        "samples": len(columns[0]),
        "signals": [
            [*s, digest(c), [int(v) for v in c[:4]]] for s, c in zip(signals, columns, strict=True)
        ],
    }


def expect_wfdb(path: str) -> None:
    """Expects what python-wfdb reads as stored samples, several of a frame in a row."""
    r = wfdb.rdrecord(str(FOLDER / path), physical=False, smooth_frames=False)
    columns = [codes(r.e_d_signal[i], MISSING_CODE[r.fmt[i]]) for i in range(r.n_sig)]
    signals = [[r.sig_name[i], r.adc_gain[i], r.baseline[i], r.units[i]] for i in range(r.n_sig)]
    expect(path, r.fs * r.samps_per_frame[0], signals, columns)
    EXPECTED[path]["comments"] = r.comments


def expect_physical(path: str) -> None:
    """Expects what python-wfdb reads as physical values, turned back into codes."""
    r = wfdb.rdrecord(str(FOLDER / path), m2s=True)
    # Of a record with a layout python-wfdb gives no gains: those of the layouts written here.
    gains, baselines = r.adc_gain or [200.0] * r.n_sig, r.baseline or [0] * r.n_sig
    columns, signals = [], []
    for i in range(r.n_sig):
        p = r.p_signal[:, i]
        code = numpy.round(numpy.nan_to_num(p) * gains[i] + baselines[i]).astype(int)
        columns.append(numpy.where(numpy.isnan(p), MISSING, code))
        signals.append([r.sig_name[i], gains[i], baselines[i], r.units[i]])
    expect(path, r.fs, signals, columns)


def header(name: str, *lines: str) -> None:
    (FOLDER / f"{name}.hea").write_text("\n".join(lines) + "\n")


def stored_formats() -> None:
    """Every sample format, an odd number of signals and of samples, missing values."""
    for fmt, bits in [("16", 16), ("24", 24), ("32", 32), ("80", 8), ("212", 12)]:
        high = 2 ** (bits - 1) - 1
        x = walk(101, 3, -high, high)
        x[7, 1] = x[100, 2] = -high - 1
        wfdb.wrsamp(
            f"format{fmt}",
            fs=250.5,
            units=["mV", "uV", "V"],
            sig_name=["MLII", "V5", "ECG 3"],
            d_signal=x,
            fmt=[fmt] * 3,
            adc_gain=[200.0, 0.37, 12345.678],
            baseline=[0, -17, 5],
            comments=["age: 40", "made by make_fixtures.py"],
            base_time=None,
            write_dir=str(FOLDER),
        )
        expect_wfdb(f"format{fmt}")
    x = walk(50, 2, -32767, 32767)
    x[9, 0] = -32768
    x.astype(">i2").tofile(FOLDER / "format61.dat")
    header("format61", "format61 2 360 50", *["format61.dat 61 200/mV 16 0 0 0 0 II"] * 2)
    expect_physical("format61")  # python-wfdb cannot return its stored samples
    (x + 32768).astype("<u2").tofile(FOLDER / "format160.dat")
    header("format160", "format160 2 360 50", *["format160.dat 160 200/mV 16 0 0 0 0 II"] * 2)
    expect_wfdb("format160")


def layouts() -> None:
    """Where samples may lie: after a prologue, in several files, several a frame, skewed."""
    x = walk(60, 2, -32767, 32767).astype("<i2")
    prologue = b"\x04\0\0\0\x02\0\0\0\x3c\0\0\0\0\0\0\0\x04\0\0\0val\0"
    (FOLDER / "matlab.mat").write_bytes(prologue + x.tobytes())
    header("matlab", "matlab 2 500 60", *[f"matlab.mat 16+24 1000/mV 16 0 0 0 0 {s}" for s in "ab"])
    expect_wfdb("matlab")

    y = walk(60, 1, -2047, 2047)
    x.tofile(FOLDER / "files_a.dat")
    (y[:, 0] & 0xFF).astype("u1").tofile(FOLDER / "files_b.dat")
    header(
        "files",
        "files 3 128/128(0) 60 10:20:30.250 01/02/2003",
        "files_a.dat 16 100(12)/mV 12 3 0 0 0 aVR",
        "files_a.dat 16 100/mV 12 3 0 0 0 lead with a name",
        "files_b.dat 80 0 0",
        "#<age>: 51",
        "#",
        "# Rhythm: sinus.",
    )
    expect_wfdb("files")

    header("frames", "frames 1 100 60", "files_a.dat 16x2 100/mV 16 0 0 0 0 II")
    expect_wfdb("frames")
    header(
        "skewed", "skewed 2 100 60", *[f"files_a.dat 16:{k} 100/mV 16 0 0 0 0 I" for k in (0, 3)]
    )
    expect_wfdb("skewed")
    header("defaults", "defaults 2", "files_a.dat 16", "files_a.dat 16 50")
    expect_wfdb("defaults")
    header("unequal", "unequal 2 100 30", "files_a.dat 16x3", "files_a.dat 16x1")
    header("mixed", "mixed 2 100 60", "files_a.dat 16 1(0)/mmHg 0 0 0 0 0 ABP", "files_a.dat 16")


def segments() -> None:
    """Records of several segments, of one layout and of changing signals, with gaps."""
    for name, length, signals in [("s1", 40, ["I", "II"]), ("s2", 25, ["I", "II"])]:
        x = walk(length, len(signals), -2000, 2000)
        wfdb.wrsamp(
            name, 125, ["mV"] * 2, signals, d_signal=x, fmt=["16"] * 2, adc_gain=[200.0] * 2,
            baseline=[0, 0], write_dir=str(FOLDER),
        )  # fmt: skip
    header("fixed", "fixed/2 2 125 65", "s1 40", "s2 25")
    expect_physical("fixed")
    x = walk(30, 2, -2000, 2000)
    wfdb.wrsamp(
        "s3", 125, ["mV"] * 2, ["II", "V"], d_signal=x, fmt=["16"] * 2, adc_gain=[100.0, 50.0],
        baseline=[10, 0], write_dir=str(FOLDER),
    )  # fmt: skip
    header(
        "s_layout", "s_layout 3 125 0", *[f"~ 0 200(0)/mV 12 0 0 0 0 {s}" for s in ["I", "II", "V"]]
    )
    header("varying", "varying/5 3 125 110", "s_layout 0", "s1 40", "~ 15", "s3 30", "s2 25")
    expect_physical("varying")


def annotations() -> None:
    """Every symbol, long intervals, channels, numbers, subtypes and texts."""
    symbols = [s for s in wfdb.io.annotation.ann_label_table["symbol"] if s.strip()]
    sample = numpy.cumsum(RANDOM.integers(1, 3000, size=len(symbols)))
    sample[-3:] += 5_000_000
    count = len(symbols)
    a = {
        "sample": sample,
        "symbol": symbols,
        "subtype": numpy.arange(count) % 5 - 2,
        "chan": numpy.arange(count) // 7,
        "num": numpy.arange(count) // 11,
        "aux_note": ["(AFIB" if i % 4 == 0 else "odd" if i % 4 == 1 else "" for i in range(count)],
    }
    wfdb.wrann("marks", "atr", fs=360, write_dir=str(FOLDER), **a)
    r = wfdb.rdann(str(FOLDER / "marks"), "atr")
    EXPECTED["marks.atr"] = {
        "sample": r.sample.tolist(),
        "symbol": r.symbol,
        "subtype": r.subtype.tolist(),
        "channel": r.chan.tolist(),
        "number": r.num.tolist(),
        "auxiliary": [x.rstrip("\0") for x in r.aux_note],
    }


def edf(name: str, kind: int, bits: int) -> None:
    path = str(FOLDER / name)
    high = 2 ** (bits - 1)
    signals = [
        ("ECG II", "uV", 200, -3276.8, 3276.7),
        ("V1", "mV", 200, -5.0, 5.0),
        ("Resp", "%", 50, 0, 100),
        ("V6 slow", "uV", 50, -100, 100),
    ]
    with pyedflib.EdfWriter(path, len(signals), file_type=kind) as w:
        for i, (label, dimension, rate, low, top) in enumerate(signals):
            w.setSignalHeader(
                i,
                {
                    "label": label, "dimension": dimension, "sample_frequency": rate,
                    "physical_min": low, "physical_max": top, "digital_min": -high,
                    "digital_max": high - 1, "transducer": "", "prefilter": "",
                },
            )  # fmt: skip
        data = [walk(4 * s[2], 1, -high, high - 1)[:, 0].astype(numpy.int32) for s in signals]
        w.writeSamples(data, digital=True)
        w.writeAnnotation(0.5, 1.25, "pacing on")
        w.writeAnnotation(2.75, -1, "chest pain ä")
    expect_edf(name, path)


def expect_edf(name: str, path: str) -> None:
    with pyedflib.EdfReader(path) as r:
        kept = [0, 1]
        listed = []
        for i in kept:
            per_code = (r.getPhysicalMaximum(i) - r.getPhysicalMinimum(i)) / (
                r.getDigitalMaximum(i) - r.getDigitalMinimum(i)
            )
            zero = r.getDigitalMinimum(i) - r.getPhysicalMinimum(i) / per_code
            unit = r.getPhysicalDimension(i)
            listed.append([r.getLabel(i), 1 / per_code, round(zero), unit])
        columns = [r.readSignal(i, digital=True) for i in kept]
        expect(name, r.getSampleFrequency(0), listed, columns)
        onset, duration, text = r.readAnnotations()
        EXPECTED[name]["events"] = [
            [float(a), float(b), c] for a, b, c in zip(onset, duration, text, strict=True)
        ]


def edf_with_gaps() -> None:
    """EDF+D: pyedflib's file with later onsets. No peer here reads it; expected by its making."""
    data = bytearray((FOLDER / "plain.edf").read_bytes())
    data[192:197] = b"EDF+D"
    for onset, later in [(b"+2\x14", b"+5\x14"), (b"+3\x14", b"+6\x14")]:
        assert data.count(onset) == 1
        data[data.index(onset) : data.index(onset) + 3] = later
    (FOLDER / "gaps.edf").write_bytes(data)
    with pyedflib.EdfReader(str(FOLDER / "plain.edf")) as r:
        columns = []
        for i in range(2):
            x = r.readSignal(i, digital=True)
            columns.append(numpy.concatenate([x[:400], numpy.full(600, MISSING), x[400:]]))
    expect("gaps.edf", 200, [s[:4] for s in EXPECTED["plain.edf"]["signals"]], columns)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    stored_formats()
    layouts()
    segments()
    annotations()
    edf("plain.edf", pyedflib.FILETYPE_EDFPLUS, 16)
    edf("plain.bdf", pyedflib.FILETYPE_BDFPLUS, 24)
    edf_with_gaps()
    (FOLDER / "expected.json").write_text(
        json.dumps(EXPECTED, indent=None, ensure_ascii=False, default=int) + "\n"
    )


main()
