"""Intervals between beats as something to learn besides the statements: few ECGs teach what sinus arrhythmia is, every ECG
teaches how long and how uneven its RR intervals are.

Only training uses this; the device has its own beat detector."""

from __future__ import annotations

import numpy as np
from scipy.signal import find_peaks

from .shape import SAMPLE_RATE

INDEPENDENT = [0, 1, 6, 7, 8, 9, 10, 11]
TARGETS = 5


def beats(signal: np.ndarray) -> np.ndarray:
    """Sample indices of QRS complexes in [12][time] at 100 Hz: peaks of the root mean square slope over the eight independent
    leads, each scaled to its own steepest parts, smoothed over 80 ms and at least 280 ms apart."""
    slope = np.diff(signal[INDEPENDENT], axis=-1)
    slope = slope / (np.quantile(np.abs(slope), 0.98, axis=-1, keepdims=True) + 1e-6)
    steepness = np.convolve(np.sqrt((slope**2).mean(0)), np.ones(8) / 8, "same")
    peaks, _ = find_peaks(steepness, height=0.45 * np.quantile(steepness, 0.98), distance=28)
    return peaks


def targets(beats: np.ndarray) -> np.ndarray | None:
    """Logarithms of the median RR interval in seconds, its coefficient of variation, the root mean square of successive
    differences, the shortest and the longest, the last four relative to the median; None with fewer than three intervals."""
    intervals = np.diff(beats) / SAMPLE_RATE
    if len(intervals) < 3:
        return None
    middle = np.median(intervals)
    changes = np.sqrt((np.diff(intervals) ** 2).mean())
    return np.array(
        [
            np.log(middle),
            np.log(intervals.std() / middle + 0.01),
            np.log(changes / middle + 0.01),
            np.log(intervals.min() / middle),
            np.log(intervals.max() / middle),
        ]
    )


# Mean and standard deviation of the targets over PTB-XL folds 1-8, so that each weighs the same.
CENTRE = np.array([-0.19, -3.09, -2.97, -0.10, 0.09])
SPREAD = np.array([0.22, 0.80, 0.90, 0.15, 0.13])


def scaled_targets(beats: np.ndarray, start: int, length: int) -> tuple[np.ndarray, bool]:
    """Targets of the crop [start, start + length) in units of their spread, and whether there are any."""
    found = targets(beats[(beats >= start) & (beats < start + length)])
    if found is None:
        return np.zeros(TARGETS, np.float32), False
    return ((found - CENTRE) / SPREAD).astype(np.float32), True
