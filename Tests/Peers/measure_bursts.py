"""Measures rendered alarm bursts with scipy: pulses by their envelope, tones by their spectrum.

Knows nothing of how they were made. measure_bursts.py RATE FILE...: each FILE is 16-bit
little-endian PCM, one channel, or a WAVE file of it (.wav). Prints one object a file.
"""

import json
import sys
import wave

import numpy
from scipy import signal


def envelope(samples, rate):
    """Level of the sound: the analytic signal's largest magnitude over 4 ms, the lowest period."""
    width = int(rate / 250)
    magnitude = numpy.abs(signal.hilbert(samples))
    windows = numpy.lib.stride_tricks.sliding_window_view(numpy.pad(magnitude, width // 2), width)
    return windows.max(axis=1)[: len(samples)]


def crossing(level, start, step, threshold):
    """Index of the first level at or below the threshold, walking from `start` by `step`."""
    index = start
    while 0 <= index < len(level) and level[index] > threshold:
        index += step
    return index


def pulses(samples, rate):
    level = envelope(samples, rate)
    loud = level > 0.4 * level.max()
    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate([[0], loud.astype(int), [0]])))
    found = []
    for begin, end in edges.reshape(-1, 2):
        middle = (begin + end) // 2
        plateau = numpy.median(level[begin + (end - begin) // 4 : end - (end - begin) // 4])
        rise90, rise10 = (crossing(level, middle, -1, share * plateau) for share in (0.9, 0.1))
        fall90, fall10 = (crossing(level, middle, 1, share * plateau) for share in (0.9, 0.1))
        quarter = (fall90 - rise90) // 8
        tone = samples[rise90 + quarter : fall90 - quarter]
        found.append(
            {
                "start": rise90 / rate,
                "end": fall90 / rate,
                "rise": (rise90 - rise10) / rate,
                "fall": (fall10 - fall90) / rate,
                **spectrum(tone, rate),
            }
        )
    return found


def spectrum(tone, rate):
    """The fundamental, and the level of its harmonics in 300-4000 Hz against it."""
    size = 1 << 18
    power = numpy.abs(numpy.fft.rfft(tone * signal.windows.hann(len(tone)), size)) ** 2
    frequency = numpy.fft.rfftfreq(size, 1 / rate)

    def peak(low, high):
        inside = numpy.flatnonzero((frequency >= low) & (frequency <= high))
        best = inside[numpy.argmax(power[inside])]
        return frequency[best], 10 * numpy.log10(power[best])

    # The lowest tone within 20 dB of the strongest: nothing is below it but the noise of rounding.
    strongest = 10 * numpy.log10(power.max())
    candidates, _ = signal.find_peaks(power, height=10 ** ((strongest - 20) / 10))
    fundamental, level = peak(*(frequency[candidates[0]] + numpy.array([-20, 20])))
    harmonics = {}
    for number in range(2, int(4000 / fundamental) + 1):
        at = number * fundamental
        if at >= 300:
            harmonics[number] = peak(at - 0.2 * fundamental, at + 0.2 * fundamental)[1] - level
    found = [{"number": n, "decibels": d} for n, d in harmonics.items()]
    return {"fundamental": fundamental, "harmonics": found}


def click(samples, rate):
    """Peak of what lies above 8 kHz, where no tone has a harmonic, in decibels of full scale."""
    above = signal.butter(8, 8000, "highpass", fs=rate, output="sos")
    return 20 * numpy.log10(numpy.abs(signal.sosfilt(above, samples)).max() / 32768 + 1e-9)


def read(path, rate):
    if not path.endswith(".wav"):
        return numpy.fromfile(path, dtype="<i2").astype(float)
    with wave.open(path) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        return numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)


def main():
    rate = float(sys.argv[1])
    results = []
    for path in sys.argv[2:]:
        samples = read(path, rate)
        result = {"peak": float(numpy.abs(samples).max()), "pulses": pulses(samples, rate)}
        if rate > 20000:
            result["click"] = click(samples, rate)
        results.append(result)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
