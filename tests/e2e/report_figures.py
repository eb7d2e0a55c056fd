# SPDX-License-Identifier: BSD-3-Clause
"""
Checks the figures of a page of 'attachstorm report' against the JSON that they are from.

usage: report_figures.py [--csv] PAGE.html|TABLES.csv NAME=FILE.json...

Every right-aligned cell must have a key, and say the value that is at it, rounded to what is
shown; NAME is what data-record says (a record's id is taken from the file itself if NAME is
empty). Cells in italics are the paper's. Prints how many figures were checked, and of what.
"""
import collections
import csv
import html.parser
import json
import re
import sys

UNITS = {
    "": 1, "×": 1, "M": 1e6, "%": 0.01,
    "ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9, "d": 86400e9,
    "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}


class Cells(html.parser.HTMLParser):
    """Collects (attributes, text, italic, section) of the right-aligned cells."""

    def __init__(self):
        super().__init__()
        self.cells, self.cell, self.section = [], None, "tables"

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "section":
            self.section = attrs["id"]
        if tag == "td" and attrs.get("align") == "right":
            self.cell = [attrs, "", False, self.section]
        if tag == "i" and self.cell:
            self.cell[2] = True

    def handle_data(self, data):
        if self.cell:
            self.cell[1] += data

    def handle_endtag(self, tag):
        if tag == "td" and self.cell:
            self.cells.append(self.cell)
            self.cell = None


def at(json_value, key):
    """The value at a path such as a[0].b; the sum over all at a path with []."""
    values = [json_value]
    for name, index in re.findall(r"([A-Za-z_0-9]+)|\[(\d*)\]", key):
        if name:
            values = [v[name] for v in values]
        elif index:
            values = [v[int(index)] for v in values]
        else:
            values = [w for v in values for w in (v.values() if isinstance(v, dict) else v)]
    return sum(values)


def shown(text):
    """The number that a cell shows, of a range its begin, in the unit of its value, and by how much it may be rounded."""
    text = text.partition("…")[0].rstrip()
    number, unit = re.fullmatch(r"([-+]?[\d.,]+(?:e-?\d+)?) ?(\D*)", text).groups()
    value = float(number.replace(",", "")) * UNITS[unit]
    if unit == "%":
        return value, 0.0051
    # counts are whole, and so are nanoseconds
    if "," in number or (unit == "" and "." not in number):
        return value, 0.51
    if unit == "ns" and "." not in number:
        return value, max(abs(value) * 0.006, 0.51)
    if "e" in number:
        return value, abs(value) * 0.06
    # half of the last digit; but a count's one decimal is cut, not rounded
    digit = 10 ** -len(number.partition(".")[2]) * UNITS[unit]
    return value, max(abs(value) * 0.006, digit * (1.1 if unit == "" and re.fullmatch(r"\d+\.\d", number) else 0.51))


def check_csv(path, sources):
    """Every line with a key has its value, and one without a value says why or is text."""
    count = 0
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if not line["key"]:
                assert line["why"] or line["origin"] or line["kind"] == "text", line
                continue
            value = at(sources[line["record"]], line["key"])
            if line["under"]:
                value /= at(sources[line["record"]], line["under"])
            assert abs(float(line["value"]) - value) <= 1e-12 * abs(value), (line, value)
            count += 1
    print("csv", count)


def main():
    sources = {}
    is_csv = sys.argv[1] == "--csv"
    for argument in sys.argv[2 + is_csv:]:
        name, path = argument.split("=", 1)
        with open(path, encoding="utf-8") as file:
            source = json.load(file)
        sources[name or source["id"]] = source
    if is_csv:
        check_csv(sys.argv[2], sources)
        return
    with open(sys.argv[1], encoding="utf-8") as file:
        page = Cells()
        page.feed(file.read())
    checked = collections.Counter()
    for attrs, text, italic, section in page.cells:
        where = "%s: '%s' at %s" % (section, text, attrs.get("data-key"))
        for origin in ("predicted", "derived"):
            if "data-" + origin in attrs:
                # by the kit's own laws, or of several numbers: what is shown is that number, in its unit
                number, rounding = shown(text)
                assert abs(number - float(attrs["data-" + origin])) <= rounding + 1e-9, where
                checked[origin] += 1
        if "data-predicted" in attrs or "data-derived" in attrs:
            continue
        if "data-key" not in attrs:
            # the paper's, not measured, or an interval of a comparison
            assert italic or "data-why" in attrs or text == "" or section == "compare", where
            continue
        if attrs["data-record"] == "model predict":
            continue
        source = sources[attrs["data-record"]]
        value = at(source, attrs["data-key"])
        if "data-under" in attrs:
            value /= at(source, attrs["data-under"])
        assert abs(float(attrs["data-value"]) - value) <= 1e-8 * abs(value), (where, value)
        number, rounding = shown(text.split("…")[0])
        if "…" not in text:
            assert abs(number - value) <= rounding + 1e-9, (where, value)
        checked[section] += 1
    for section, count in sorted(checked.items()):
        print(section, count)


main()
