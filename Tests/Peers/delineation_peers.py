"""The score of `ecgclip evaluate delineation`, for NeuroKit2's delineators on the same records.

NeuroKit2 delineates one lead; its marks of the twelve leads become one by the rule that makes one
of the readers' marks (a third of the leads have begun, all but a third have ended). It is given the
readers' own R peaks of each lead, so that no beat is lost to detection. Needs neurokit2==0.2.13.
Example:

    python delineation_peers.py ludb --methods dwt cwt peak
"""

import argparse
import pathlib
import warnings

import neurokit2
import numpy as np
import wfdb

KINDS = ("p", "qrs", "t")
NAMES = {"p": "P", "qrs": "R", "t": "T"}
SYMBOLS = {"p": "p", "N": "qrs", "t": "t"}
SHARE = 1 / 3
MATCH_SECONDS = 0.15
BEAT_SECONDS = 0.1
PQ_SECONDS_MAX = 0.45
T_SECONDS_MAX = 0.6
HALF_SECONDS_MAX = 0.25


def merge(waves, lead_count):
    """One wave (onset, peak, offset) of several leads' waves; None of fewer than half of them."""
    if 2 * len(waves) < lead_count:
        return None
    waves = np.asarray(waves, float)
    merged = []
    for column, share in enumerate((SHARE, 0.5, 1 - SHARE)):
        known = waves[:, column][np.isfinite(waves[:, column])]
        enough = known.size and 2 * known.size >= lead_count
        merged.append(np.quantile(known, share) if enough else np.nan)
    return tuple(merged)


def read_lead(path, lead, rate):
    """The beats of a lead's annotation file: dictionaries of waves by kind."""
    annotation = wfdb.rdann(path, lead)
    marks = list(zip(annotation.sample, annotation.symbol, strict=True))
    waves = []
    for before, peak, after in zip(marks, marks[1:], marks[2:], strict=False):
        if peak[1] in SYMBOLS and before[1] == "(" and after[1] == ")":
            waves.append((SYMBOLS[peak[1]], (before[0], peak[0], after[0])))
    beats = []
    for index, (kind, wave) in enumerate(waves):
        if kind != "qrs":
            continue
        beat = {"qrs": wave}
        if index > 0 and waves[index - 1][0] == "p":
            p = waves[index - 1][1]
            if wave[0] - p[0] < PQ_SECONDS_MAX * rate:
                beat["p"] = p
        if index + 1 < len(waves) and waves[index + 1][0] == "t":
            beat["t"] = waves[index + 1][1]
        beats.append(beat)
    return beats


def group(leads, rate):
    """Beats of several leads: lists of (lead, beat)."""
    entries = sorted(
        ((beat["qrs"][1], lead, beat) for lead, beats in enumerate(leads) for beat in beats),
        key=lambda entry: entry[:2],
    )
    groups = []
    for peak, lead, beat in entries:
        last = groups[-1] if groups else None
        if last and peak - last[-1][0] <= BEAT_SECONDS * rate and lead not in [e[1] for e in last]:
            last.append((peak, lead, beat))
        else:
            groups.append([(peak, lead, beat)])
    return groups


def merged_beats(leads, rate):
    """One dictionary of waves a beat, over all leads."""
    beats = []
    for members in group(leads, rate):
        beat = {}
        for kind in KINDS:
            waves = [member[2][kind] for member in members if kind in member[2]]
            wave = merge(waves, len(leads))
            if wave is not None:
                beat[kind] = wave
        if "qrs" in beat:
            beats.append(beat)
    return beats


def peer_lead(signal, peaks, rate, method):
    """NeuroKit2's beats of a lead, with NaN where it marks nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            clean = neurokit2.ecg_clean(signal, sampling_rate=rate)
            _, found = neurokit2.ecg_delineate(
                clean, peaks, sampling_rate=rate, method=method, check=False
            )
    except Exception:  # a lead on which the peer fails is a lead without marks
        found = {}
    beats = []
    for peak in peaks:
        beat = {"qrs": around(found, "qrs", peak, rate)}
        p = marks(found, "ECG_P_Peaks")
        p = p[(p < peak) & (p > peak - PQ_SECONDS_MAX * rate)]
        t = marks(found, "ECG_T_Peaks")
        t = t[(t > peak) & (t < peak + T_SECONDS_MAX * rate)]
        if p.size:
            beat["p"] = around(found, "p", p[-1], rate)
        if t.size:
            beat["t"] = around(found, "t", t[0], rate)
        beats.append(beat)
    return beats


def around(found, kind, peak, rate):
    """The wave of a peak: its marks belong together by time, whatever beat they are listed for."""
    onsets = marks(found, f"ECG_{NAMES[kind]}_Onsets")
    offsets = marks(found, f"ECG_{NAMES[kind]}_Offsets")
    onsets = onsets[(onsets < peak) & (onsets > peak - HALF_SECONDS_MAX * rate)]
    offsets = offsets[(offsets > peak) & (offsets < peak + HALF_SECONDS_MAX * rate)]
    onset = onsets[-1] if onsets.size else np.nan
    return onset, float(peak), offsets[0] if offsets.size else np.nan


def marks(found, name):
    values = np.array([np.nan if v is None else v for v in found.get(name, [])], float)
    return np.sort(values[np.isfinite(values)])


INTERVALS = {
    "pDuration": ("p", 0, "p", 2),
    "pq": ("p", 0, "qrs", 0),
    "qrsDuration": ("qrs", 0, "qrs", 2),
    "qt": ("qrs", 0, "t", 2),
}


def interval(beat, name):
    first, a, last, b = INTERVALS[name]
    if first not in beat or last not in beat:
        return np.nan
    return beat[last][b] - beat[first][a]


class Score:
    def __init__(self):
        self.counts = {kind: [0, 0, 0] for kind in KINDS}
        self.beats = {}
        self.records = {}

    def add(self, ours, theirs, rate):
        """Ours minus theirs over the beats of a record."""
        scale = 1000 / rate
        marks = [m for beat in theirs for wave in beat.values() for m in wave]
        first, last = min(marks), max(marks)
        record, pairs = {}, {name: [] for name in INTERVALS}
        for reference in theirs:
            own = min(ours, key=lambda b: abs(b["qrs"][1] - reference["qrs"][1]), default={})
            for kind in KINDS:
                self.match(kind, own.get(kind), reference.get(kind), (first, last), rate, record)
            for name in INTERVALS:
                values = interval(own, name) * scale, interval(reference, name) * scale
                if np.all(np.isfinite(values)):
                    pairs[name].append(values)
                    record.setdefault(name, []).append(values[0] - values[1])
        for name, values in record.items():
            self.beats.setdefault(name, []).extend(values)
            if name in pairs:
                middle = np.median(pairs[name], axis=0)
                self.records.setdefault(name, []).append(middle[0] - middle[1])
            else:
                self.records.setdefault(name, []).append(np.median(values))

    def match(self, kind, own, reference, annotated, rate, record):
        both = own is not None and reference is not None
        if both and abs(own[1] - reference[1]) <= MATCH_SECONDS * rate:
            self.counts[kind][0] += 1
            for place, name in enumerate(("Onset", "Peak", "Offset")):
                if np.isfinite(own[place]):
                    difference = (own[place] - reference[place]) * 1000 / rate
                    record.setdefault(kind + name, []).append(difference)
            return
        self.counts[kind][1] += reference is not None
        inside = own is not None and annotated[0] <= own[1] <= annotated[1]
        self.counts[kind][2] += bool(inside)

    def print(self, title):
        print(title)
        for kind, (both, missed, extra) in self.counts.items():
            sensitivity = 100 * both / max(both + missed, 1)
            predictivity = 100 * both / max(both + extra, 1)
            print(f"{kind:12}sensitivity {sensitivity:5.1f} %  predictivity {predictivity:5.1f} %")
        print("             beats   mean     SD   records   mean     SD")
        names = [kind + place for kind in KINDS for place in ("Onset", "Peak", "Offset")]
        for name in names + list(INTERVALS):
            beats, records = self.beats.get(name, []), self.records.get(name, [])
            if len(records) > 1:
                print(
                    f"{name:12}{len(beats):6}{np.mean(beats):7.1f}{np.std(beats, ddof=1):7.1f}"
                    f"{len(records):10}{np.mean(records):7.1f}{np.std(records, ddof=1):7.1f}"
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--methods", nargs="+", default=["dwt", "cwt", "peak"])
    arguments = parser.parse_args()
    headers = sorted(arguments.folder.glob("*.hea"), key=lambda path: (len(path.stem), path.stem))
    scores = {method: Score() for method in arguments.methods}
    for header in headers:
        path = str(header.with_suffix(""))
        record = wfdb.rdrecord(path)
        rate = record.fs
        leads = [read_lead(path, name.lower(), rate) for name in record.sig_name]
        theirs = merged_beats(leads, rate)
        if not theirs:
            continue
        for method, score in scores.items():
            peers = [
                peer_lead(
                    record.p_signal[:, lead],
                    np.array([beat["qrs"][1] for beat in beats]),
                    rate,
                    method,
                )
                for lead, beats in enumerate(leads)
            ]
            score.add(merged_beats(peers, rate), theirs, rate)
    for method, score in scores.items():
        score.print(f"\nNeuroKit2 {neurokit2.__version__}, {method}")


if __name__ == "__main__":
    main()
