"""The colours of all pictures, and what each one means.

The names are the same for light and for dark pages. Ink is for content, grey
for what helps to read it, and four tones mean the same everywhere: bytes that
`you` wrote, more of them (`also`), bytes that the `kernel` wrote, and `lit`:
look here. No picture says anything by colour alone; a word or a shape always
says it too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tone:
    """A colour strong enough for text, and a pale one to lay behind text."""

    strong: str
    wash: str


@dataclass(frozen=True)
class Paper:
    """All the colours for one kind of page."""

    ground: str
    ink: str
    soft: str
    hair: str
    you: Tone
    also: Tone
    kernel: Tone
    lit: Tone


# The grounds are those of JupyterLab's own two themes, so that a picture has no visible edge there.
LIGHT = Paper(
    ground="#ffffff",
    ink="#1d1d1b",
    soft="#62605c",
    hair="#b7b3ab",
    you=Tone("#17568a", "#e9f1f8"),
    also=Tone("#5d4a94", "#f0edf8"),
    kernel=Tone("#7d4e00", "#f8f0e1"),
    lit=Tone("#b3261e", "#fdeae7"),
)
DARK = Paper(
    ground="#111111",
    ink="#e8e6e1",
    soft="#a5a29b",
    hair="#5c5953",
    you=Tone("#8fc3f0", "#14283a"),
    also=Tone("#c1b1f6", "#272139"),
    kernel=Tone("#e3b574", "#2e2413"),
    lit=Tone("#ff9c88", "#411a14"),
)
TONES = ("kernel", "you", "also", "lit")

MONO = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"
SANS = "-apple-system,'Segoe UI','Helvetica Neue',Arial,sans-serif"


def stylesheet() -> str:
    """Return the style of every picture: fonts, then light and dark colours.

    An image asks its page for the colour scheme, and JupyterLab sets it with
    its theme. Without a scheme the picture is light.
    """
    fonts = f"text{{font:15px {SANS}}}.mono{{font:15px {MONO}}}.slanted{{font-style:italic}}"
    lines = ".line,.faint{fill:none}.faint{stroke-width:.75}"
    return f"{fonts}{lines}{_colours(LIGHT)}@media (prefers-color-scheme:dark){{{_colours(DARK)}}}"


def _colours(paper: Paper) -> str:
    rules = [
        f".ground{{fill:{paper.ground}}}.ink{{fill:{paper.ink}}}.soft{{fill:{paper.soft}}}",
        f".line,.sheet{{stroke:{paper.ink}}}.faint{{stroke:{paper.soft}}}.cell{{stroke:{paper.hair}}}.sheet,.cell{{fill:{paper.ground}}}",
    ]
    for name in TONES:
        tone = getattr(paper, name)
        rules.append(f".{name}{{fill:{tone.strong}}}.{name}-wash{{fill:{tone.wash}}}")
        rules.append(f".{name}-line{{stroke:{tone.strong};fill:none}}")
        rules.append(f".{name}-frame{{stroke:{tone.strong};fill:{tone.wash}}}")
    return "".join(rules)
