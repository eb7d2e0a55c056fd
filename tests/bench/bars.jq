# SPDX-License-Identifier: BSD-3-Clause
# What the benchmarks print of a run record: each bar with its figure, n, and whether it is met.
# For jq -L tests/bench. A figure without samples is null; a cost below 0 is noise: neither meets a bar.

def rounded(digits): if . == null then "no figure" else (pow(10; digits)) as $p | . * $p | round / $p | tostring end;
def us: if . == null then "no figure" else "\(. / 1000 | rounded(2)) us" end;
def ms: if . == null then "no figure" else "\(. / 1000000 | rounded(1)) ms" end;
def times: if . == null then "no figure" else "\(rounded(3)) x" end;
def pad(width): . + " " * ([width - length, 1] | max);

# A line of a figure, as text, with no bar.
def figure(what; n): "  " + (what | pad(52)) + (. | pad(14)) + "n = \(n)";

# The input against a limit: below it, or with at_most up to it.
def bar_line(what; n; text; met; bar):
	. as $value | ($value | text) | figure(what; n) | pad(84) + "bar \(bar)  " +
	if $value == null or $value < 0 then "cannot tell" elif $value | met then "met" else "not met" end;
def at_most(limit; what; n; text): . as $v | bar_line(what; n; text; . <= limit; limit | text);
def under(limit; what; n; text): bar_line(what; n; text; . < limit; "under \(limit | text)");

# A quotient of medians; null without one of them.
def over($b): if . == null or $b == null or $b == 0 then null else . / $b end;
# The median of a summary, null if it has no samples; and of calibration, which may be a number.
def median: if type == "object" then (if .n == 0 then null else .p50 end) else . end;
# All stops of a run, of a summary's "stops".
def all_stops: [.[] | .[]] | add;
