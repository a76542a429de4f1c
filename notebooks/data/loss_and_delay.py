"""Make loss_and_delay.csv, the table of lesson 15: `python notebooks/data/loss_and_delay.py`, some minutes.

Mbit/s of one connection in virtual time, over 1 Gbit/s with a window of one
mebibyte; a row for each share lost, a column for each round trip in ms.
"""

from pathlib import Path

import pandas

from tcpkit.stack.link import Link
from tcpkit.stack.transfer import throughput

LOSSES = (0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
ROUND_TRIPS_MS = (5, 20, 50, 100, 200)


def megabits(loss: float, round_trip_ms: float) -> float:
    """Return the throughput with this loss and this way, in Mbit/s."""
    link = Link(rate_bit_s=1e9, delay_s=round_trip_ms / 2000, loss=loss, seed=0)
    packets = max(3000, round(30 / loss)) if loss else 3000  # thirty losses or more are expected
    return round(throughput(link, packets=packets) / 1e6, 3)


if __name__ == "__main__":
    rows = {loss: [megabits(loss, each) for each in ROUND_TRIPS_MS] for loss in LOSSES}
    table = pandas.DataFrame.from_dict(rows, orient="index", columns=ROUND_TRIPS_MS)
    table.rename_axis("loss").to_csv(Path(__file__).with_suffix(".csv"), lineterminator="\n")
