"""Pictures for the notebooks: SVG with alt text, and the same in text.

Pure: a picture depends on its arguments and on nothing else, so that it can
be compared. A packet is an object with `.segment`, `.source` and
`.destination`.
"""

from tcpkit.draw.answer_maps import answer_maps
from tcpkit.draw.bar_pairs import bar_pairs
from tcpkit.draw.before_after import before_after
from tcpkit.draw.card import card
from tcpkit.draw.checksum_coverage import coverage
from tcpkit.draw.exchange import exchange
from tcpkit.draw.found_by import found_by
from tcpkit.draw.gap_line import gap_line
from tcpkit.draw.header_bars import header_bars
from tcpkit.draw.header_map import header_map
from tcpkit.draw.heat_map import heat_map
from tcpkit.draw.hex_dump import KERNEL_PICKS, dump
from tcpkit.draw.hops import hops
from tcpkit.draw.labelled_line import labelled_line
from tcpkit.draw.ladder import ladder
from tcpkit.draw.number_circle import number_circle
from tcpkit.draw.picture import Picture, beside
from tcpkit.draw.plot import plot
from tcpkit.draw.share_chart import share_chart
from tcpkit.draw.states import states
from tcpkit.draw.stream import stream
from tcpkit.draw.tcp_so_far import tcp_so_far
from tcpkit.draw.vantage import vantage
from tcpkit.draw.ways_in import ways_in

__all__ = [
    "KERNEL_PICKS",
    "Picture",
    "answer_maps",
    "bar_pairs",
    "before_after",
    "beside",
    "card",
    "coverage",
    "dump",
    "exchange",
    "found_by",
    "gap_line",
    "header_bars",
    "header_map",
    "heat_map",
    "hops",
    "labelled_line",
    "ladder",
    "number_circle",
    "plot",
    "share_chart",
    "states",
    "stream",
    "tcp_so_far",
    "vantage",
    "ways_in",
]
