"""The table of what finds what, read back from its picture."""

from reading_svg import rects, size, texts

from tcpkit.draw import found_by

FOUND = {"FIN not counted": (False, True), "SYN sent once": (False, False), "x": (True, True)}
TABLE = found_by(FOUND, ("1 MB,\nclean", "you"))
TWELVE = {f"{letter} checksum not looked at": [False, False, letter < "F", True] for letter in "ABCDEFGHIJKL"}
LARGE = found_by(TWELVE, ("1 MB,\nclean", "1 MB,\n3 % lost", "you", "a test"))
PICTURES = [TABLE, LARGE, found_by({}, ("you",)), found_by({"a": ()}, ())]


def test_a_filled_box_where_it_is_found():
    boxes = {(box.left, box.top): "found" for box in rects(TABLE, "you")}
    boxes |= {(box.left, box.top): "no" for box in rects(TABLE, "sheet")}
    said = {}
    for text in texts(TABLE):
        for left, top in boxes:
            if left < text.left < text.right < left + 54 and top < text.y < top + 20:
                said[left, top] = text.words
    assert said == boxes
    tops, lefts = sorted({top for _, top in boxes}), sorted({left for left, _ in boxes})
    assert [[boxes[left, top] == "found" for left in lefts] for top in tops] == [[*row] for row in FOUND.values()]


def test_names_are_left_of_their_row_and_over_their_column():
    named = {text.words: text for text in texts(TABLE)}
    first = min(box.left for box in rects(TABLE, "you") + rects(TABLE, "sheet"))
    assert all(named[name].right < first for name in FOUND)
    assert named["1 MB,"].y < named["clean"].y < named["FIN not counted"].y
    assert size(LARGE)[0] <= 460


def test_its_words_say_the_same():
    assert TABLE.alt == "Table of what finds what. 1 MB, clean: 1 of 3; you: 2 of 3."
    assert repr(TABLE).splitlines() == [
        "                 1 MB, clean  you",
        "FIN not counted  -            found",
        "SYN sent once    -            -",
        "x                found        found",
    ]
