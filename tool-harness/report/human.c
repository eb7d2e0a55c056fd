/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Formatting of single numbers. Nothing here knows what the number means.
 *
 * Invariant: what is printed has at most three digits that count, since no time
 * that this kit measures deserves a fourth.
 */
#include "report/human.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

static const struct human_unit units[] = {
	{ 1, "ns", "nanoseconds" },   { 1e3, "µs", "microseconds" }, { 1e6, "ms", "milliseconds" },
	{ 1e9, "s", "seconds" },      { 60e9, "min", "minutes" },    { 3600e9, "h", "hours" },
	{ 86400e9, "d", "days" },
};

static double round3(double value)
{
	double scale;

	if (value == 0)
		return 0;
	scale = pow(10, 2 - floor(log10(fabs(value))));
	return round(value * scale) / scale;
}

const struct human_unit *human_unit_for(double ns)
{
	size_t i = 0;

	/* Minutes and hours begin at two of them: "83.3 s" reads better than "1.39 min". */
	while (i + 1 < ARRAY_SIZE(units) && round3(fabs(ns) / units[i].ns) * units[i].ns >=
						    units[i + 1].ns * (units[i + 1].ns > 1e9 ? 2 : 1))
		i++;
	return &units[i];
}

void human_number(struct strbuf *out, double value)
{
	double rounded = isfinite(value) ? round3(value) : 0, size = fabs(rounded);
	int decimals = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 2 - (int)floor(log10(size));

	if (isfinite(value))
		strbuf_printf(out, "%.*f", decimals, rounded);
	else
		strbuf_putc(out, '-');
}

void human_duration(struct strbuf *out, double ns)
{
	const struct human_unit *unit = human_unit_for(ns);

	if (unit->ns == 1 && fabs(ns) >= 1)
		strbuf_printf(out, "%.0f", round3(ns));
	else
		human_number(out, ns / unit->ns);
	strbuf_printf(out, " %s", unit->name);
}

void human_count(struct strbuf *out, double count)
{
	_cleanup_strbuf_ struct strbuf digits = STRBUF_INIT;
	bool whole = fabs(count - round(count)) < 0.05;

	/* No count of ours: a record from elsewhere may say anything. */
	if (!(count >= 0 && count < 1e18)) {
		human_number(out, count);
		return;
	}
	strbuf_printf(&digits, "%" PRIu64, (uint64_t)(whole ? round(count) : floor(count)));
	for (size_t i = 0; i < digits.len; i++) {
		if (i > 0 && (digits.len - i) % 3 == 0)
			strbuf_putc(out, ',');
		strbuf_putc(out, digits.text[i]);
	}
	if (!whole)
		strbuf_printf(out, ".%d", (int)((count - floor(count)) * 10));
}

void human_bytes(struct strbuf *out, double bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(names) && round3(bytes) >= 1024) {
		bytes /= 1024;
		i++;
	}
	human_number(out, bytes);
	strbuf_printf(out, " %s", names[i]);
}
