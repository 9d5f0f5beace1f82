"""Starts `ecgclip emulate --format cyton` as a board after power-on and reads it with BrainFlow.

Usage: read_cyton.py ECGCLIP SIMULATION SAMPLES [daisy]. Prints JSON: BrainFlow's version, and of
each sample its packet number and the microvolts of the eight channels, with a Daisy of sixteen, in
the order of arrival.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version

from brainflow.board_shim import BoardIds, BoardShim, BrainFlowError, BrainFlowInputParams


def prepare(board: BoardShim) -> None:
    """BrainFlow waits some seconds for the board's greeting: on a busy machine it asks again."""
    for attempt in range(3):
        try:
            return board.prepare_session()
        except BrainFlowError:
            if attempt == 2:
                raise


def read(board_id: BoardIds, port: str, count: int) -> list[list[float]]:
    """The first samples of the board, as `[packet number, microvolts...]`."""
    BoardShim.disable_board_logger()
    params = BrainFlowInputParams()
    params.serial_port = port
    board = BoardShim(board_id, params)
    prepare(board)
    board.start_stream()
    deadline = time.monotonic() + 30
    while board.get_board_data_count() < count and time.monotonic() < deadline:
        time.sleep(0.05)
    board.stop_stream()
    data = board.get_board_data()
    board.release_session()
    rows = [BoardShim.get_package_num_channel(board_id)]
    rows += BoardShim.get_exg_channels(board_id)
    return data[rows, :count].T.tolist()


def main() -> None:
    """Runs the emulator beside BrainFlow."""
    program, simulation, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    has_daisy = "daisy" in sys.argv[4:]
    board_id = BoardIds.CYTON_DAISY_BOARD if has_daisy else BoardIds.CYTON_BOARD
    with tempfile.TemporaryDirectory() as folder:
        port = os.path.join(folder, "cyton")
        emulator = subprocess.Popen(
            [
                *[program, "emulate", "--simulation", simulation, "--format", "cyton"],
                *["--pty", port, "--await-start"],
                *(["--daisy"] if has_daisy else []),
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        # Its first sentence says that the port is there.
        emulator.stderr.readline()
        try:
            samples = read(board_id, port, count)
        finally:
            emulator.terminate()
            emulator.wait()
    print(json.dumps({"version": version("brainflow"), "samples": samples}))


if __name__ == "__main__":
    main()
