"""Pictures for the notebooks: SVG with alt text, and the same in text.

Pure: a picture depends on what it is handed and on nothing else, so that it
can be compared. A packet is whatever has `.segment`, `.source` and
`.destination`.
"""

from tcpkit.draw.answer_maps import answer_maps
from tcpkit.draw.bars import header_bars
from tcpkit.draw.beside import beside
from tcpkit.draw.card import card
from tcpkit.draw.chart import share_chart
from tcpkit.draw.coverage import coverage
from tcpkit.draw.dump import KERNEL_PICKS, dump
from tcpkit.draw.header_map import header_map
from tcpkit.draw.ladder import ladder
from tcpkit.draw.line import labelled_line
from tcpkit.draw.picture import Picture
from tcpkit.draw.states import states

__all__ = [
    "KERNEL_PICKS",
    "Picture",
    "answer_maps",
    "beside",
    "card",
    "coverage",
    "dump",
    "header_bars",
    "header_map",
    "labelled_line",
    "ladder",
    "share_chart",
    "states",
]
