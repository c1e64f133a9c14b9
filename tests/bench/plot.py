#!/usr/bin/env python3
"""plot.py FIGURES.tsv PLOT.svg : how the cost of a line grows with occupants and with rooms, and that of a session with
sessions, for every server of which there are figures. Plain SVG, both axes logarithmic."""
import math
import statistics
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 340, 300, 58, 40, 24, 46
COLOURS = {"mucbridge": "#1f6fb4", "ejabberd": "#c9501c", "prosody": "#5b8c2a"}  # one core each
# A panel's points: which rows, what of them is the x, and the figure as a cost.
PANELS = [
    ("one room: µs of server CPU a delivery", "occupants", lambda rooms, occupants: occupants if rooms == 1 else None,
     "delivered_per_cpu_second", lambda value: 1e6 / value),
    ("rooms of 10: µs of server CPU a delivery", "rooms", lambda rooms, occupants: rooms if occupants == 10 else None,
     "delivered_per_cpu_second", lambda value: 1e6 / value),
    ("idle, rooms of 10: KiB a session", "sessions", lambda rooms, occupants: rooms * occupants,
     "rss_kib_per_session", lambda value: value),
]


def read(path):
    with open(path) as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return [(row, server, int(number), figure, value) for row, server, number, figure, value in rows[1:]]


def collect(figures, x_of, wanted, cost):
    """{server: [(x, cost), ...]}, the medians of the rounds."""
    runs = {}
    for row, server, number, figure, value in figures:
        runs.setdefault((row, server, number), {})[figure] = value
    found = {}
    for (row, server, _), run in runs.items():
        # A scenario is told by its figures: idle sessions say no lines, and only they are looked at for memory.
        is_idle = row.startswith("idle")
        if server not in COLOURS or wanted not in run or is_idle != wanted.startswith("rss") or not (is_idle or "x" in row):
            continue
        x = x_of(int(run["rooms"]), int(run["occupants"]))
        if x is not None and float(run[wanted]) > 0:
            found.setdefault(server, {}).setdefault(x, []).append(cost(float(run[wanted])))
    return {server: sorted((x, statistics.median(values)) for x, values in points.items()) for server, points in found.items()}


def scale(values, length):
    """A place on an axis from 0 to `length` for every value, and the values that are marked on it."""
    low = math.floor(math.log10(min(values)) * 1.0001)
    high = max(low + 1, math.ceil(math.log10(max(values)) * 0.9999))
    marks = [10.0 ** power for power in range(low, high + 1)]
    return lambda value: (math.log10(value) - low) / (high - low) * length, marks


def write(x, y, text, style=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def panel(left, title, x_title, curves):
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    points = [point for curve in curves.values() for point in curve]
    parts = [f'<g transform="translate({left + LEFT} {TOP})">', write(0, -18, title, 'font-weight="bold"')]
    if points:
        to_x, x_marks = scale([x for x, _ in points], width)
        to_y, y_marks = scale([y for _, y in points], height)
        for mark in x_marks:
            parts.append(f'<path class="grid" d="M{to_x(mark):.1f} 0V{height}"/>')
            parts.append(write(to_x(mark), height + 16, f"{mark:g}", 'text-anchor="middle"'))
        for mark in y_marks:
            parts.append(f'<path class="grid" d="M0 {height - to_y(mark):.1f}H{width}"/>')
            parts.append(write(-6, height - to_y(mark) + 4, f"{mark:g}", 'text-anchor="end"'))
        for server, curve in curves.items():
            places = [(to_x(x), height - to_y(y)) for x, y in curve]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[server]}" stroke-width="2"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[server]}"/>' for x, y in places]
    parts.append(write(width / 2, height + 36, x_title, 'text-anchor="middle"'))
    return parts + ["</g>"]


def draw(figures):
    width, height = WIDTH * len(PANELS), HEIGHT + 24
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
             'font-family="sans-serif" font-size="12">',
             "<style>.grid{stroke:#ddd;stroke-width:1;fill:none}</style>",
             f'<rect width="{width}" height="{height}" fill="white"/>']
    servers = []
    for number, (title, x_title, x_of, wanted, cost) in enumerate(PANELS):
        curves = collect(figures, x_of, wanted, cost)
        servers += [server for server in curves if server not in servers]
        parts += panel(number * WIDTH, title, x_title, curves)
    for number, server in enumerate(servers):
        parts.append(f'<circle cx="{LEFT + number * 110}" cy="{height - 14}" r="5" fill="{COLOURS[server]}"/>')
        parts.append(write(LEFT + number * 110 + 10, height - 10, server))
    return "\n".join(parts + ["</svg>\n"])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], "w") as output:
        output.write(draw(read(sys.argv[1])))
