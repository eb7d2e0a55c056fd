/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scalars of settings: text to number, duration, size, choice, and back. Knows no
 * files and no structs. Invariant: what conf_duration_text and conf_size_text print
 * parses back to the same number.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/conf/internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

struct unit {
	const char *name;
	int64_t factor;
};

/* From small to large. Only those up to NS_PER_S are printed with decimals. */
static const struct unit duration_units[] = {
	{ "ns", 1 },	   { "us", NS_PER_US },	     { "ms", NS_PER_MS },
	{ "s", NS_PER_S }, { "min", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S },
};

static const struct unit size_units[] = {
	{ "B", 1 },
	{ "KB", INT64_C(1000) },
	{ "MB", INT64_C(1000000) },
	{ "GB", INT64_C(1000000000) },
	{ "TB", INT64_C(1000000000000) },
	{ "KiB", INT64_C(1) << 10 },
	{ "MiB", INT64_C(1) << 20 },
	{ "GiB", INT64_C(1) << 30 },
	{ "TiB", INT64_C(1) << 40 },
};

/* Removes the underscores between digits; false if one stands elsewhere. */
static bool copy_digits(const char *text, char *space, size_t size)
{
	size_t at = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '_') {
			if (p == text || !isalnum((unsigned char)p[-1]) || !isalnum((unsigned char)p[1]))
				return false;
			continue;
		}
		if (at + 1 == size)
			return false;
		space[at++] = *p;
	}
	space[at] = '\0';
	return at > 0;
}

static bool parse_integer(const char *text, int64_t *ret)
{
	char digits[64], *end;

	if (!copy_digits(text, digits, sizeof(digits)) || isspace((unsigned char)*digits))
		return false;
	errno = 0;
	long long value = strtoll(digits, &end, 10);
	if (errno || *end || end == digits)
		return false;
	*ret = value;
	return true;
}

static bool parse_seed(const char *text, uint64_t *ret)
{
	char digits[64], *end;

	if (!copy_digits(text, digits, sizeof(digits)) || !isdigit((unsigned char)*digits))
		return false;
	bool hex = strncasecmp(digits, "0x", 2) == 0;
	if (hex && !isxdigit((unsigned char)digits[2]))
		return false;
	errno = 0;
	unsigned long long value = strtoull(digits, &end, hex ? 16 : 10);
	if (errno || *end)
		return false;
	*ret = value;
	return true;
}

/* A decimal number at the beginning of text: no hex, inf or nan, which strtod(3) would take. */
static bool parse_decimal(const char *text, long double *ret, const char **ret_end)
{
	size_t n = strspn(text, "0123456789.+-");
	char *end;

	if (!n || strncasecmp(text, "0x", 2) == 0)
		return false;
	errno = 0;
	long double value = strtold(text, &end);
	if (errno || end == text || !isfinite(value))
		return false;
	*ret = value;
	*ret_end = end;
	return true;
}

static bool parse_double(const char *text, double *ret)
{
	const char *end;
	long double value;

	if (!parse_decimal(text, &value, &end) || *end || !isfinite((double)value))
		return false;
	*ret = (double)value;
	return true;
}

static bool parse_with_unit(const char *text, const struct unit *units, size_t n_units, bool unit_required,
			    int64_t *ret)
{
	const char *end;
	long double value;
	int64_t factor = 0;

	if (!parse_decimal(text, &value, &end))
		return false;
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < n_units; i++)
		if (strcasecmp(end, units[i].name) == 0)
			factor = units[i].factor;
	if (!*end && (!unit_required || value == 0))
		factor = 1;
	value = roundl(value * factor);
	/* The sum of a few of these must still fit: two bits are kept free. */
	if (!factor || value < 0 || value > (long double)(INT64_MAX / 4))
		return false;
	*ret = (int64_t)value;
	return true;
}

static bool parse_boolean(const char *text, bool *ret)
{
	static const char *const words[] = { "false", "true", "off", "on", "no", "yes" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*ret = i % 2;
			return true;
		}
	return false;
}

static bool parse_choice(const char *text, const struct conf_choice *choices, int *ret)
{
	for (int i = 0; choices[i].name; i++)
		if (strcasecmp(text, choices[i].name) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

static bool parse_any(const struct conf_option *option, const char *text, union conf_value *ret,
		      double *ret_number)
{
	bool ok = false;

	*ret_number = 0;
	switch (option->type) {
	case CONF_BOOL:
		return parse_boolean(text, &ret->boolean);
	case CONF_CHOICE:
	case CONF_CHOICES:
		return parse_choice(text, option->choices, &ret->choice);
	case CONF_INT:
	case CONF_INTS:
		ok = parse_integer(text, &ret->integer);
		break;
	case CONF_SEED:
		ok = parse_seed(text, &ret->seed);
		*ret_number = ok ? (double)ret->seed : 0;
		return ok;
	case CONF_DOUBLE:
		ok = parse_double(text, &ret->real);
		*ret_number = ok ? ret->real : 0;
		return ok;
	case CONF_DURATION:
		ok = parse_with_unit(text, duration_units, ARRAY_SIZE(duration_units), true, &ret->integer);
		break;
	case CONF_SIZE:
		ok = parse_with_unit(text, size_units, ARRAY_SIZE(size_units), false, &ret->integer);
		break;
	case CONF_STRING:
	case CONF_STRINGS:
	case CONF_MATRIX:
	case CONF_CASES:
		return false;
	}
	*ret_number = ok ? (double)ret->integer : 0;
	return ok;
}

char *conf_value_wanted(const struct conf_option *option)
{
	static const char *const wanted[] = {
		[CONF_BOOL] = "must be true or false",
		[CONF_INT] = "must be a whole number",
		[CONF_SEED] = "must be a number of up to 64 bits, decimal or 0x...",
		[CONF_DOUBLE] = "must be a number",
		[CONF_STRING] = "must be text",
		[CONF_CHOICE] = "must be one of",
		[CONF_DURATION] = "must be a duration such as 10ms, 1.5s or 2min",
		[CONF_SIZE] = "must be a size such as 4096, 64KiB or 200MB",
		[CONF_STRINGS] = "must be a list",
		[CONF_CHOICES] = "may only hold",
		[CONF_INTS] = "must be a whole number, or a list of them",
		[CONF_MATRIX] = "must be a mapping of keys to lists of values",
		[CONF_CASES] = "must be a list of mappings of keys to values",
	};
	struct strbuf sb = STRBUF_INIT;

	strbuf_puts(&sb, wanted[option->type]);
	if (option->type == CONF_CHOICE || option->type == CONF_CHOICES)
		for (int i = 0; option->choices[i].name; i++)
			strbuf_printf(&sb, "%s %s", i ? "," : "", option->choices[i].name);
	return strbuf_steal(&sb);
}

/* Bounds at the edge of the type are no bounds worth naming. */
bool conf_is_bound(double bound)
{
	return isfinite(bound) && fabs(bound) < (double)(INT64_MAX / 4);
}

static struct err *check_range(const struct conf_option *option, const char *what, const char *text,
			       double number)
{
	if ((option->min == 0 && option->max == 0) || (number >= option->min && number <= option->max))
		return NULL;
	_cleanup_free_ char *shown = conf_quote(text);
	_cleanup_free_ char *min = conf_number_text(option->type, option->min);
	_cleanup_free_ char *max = conf_number_text(option->type, option->max);
	if (!conf_is_bound(option->max))
		return err_new("'%s' must be at least %s, not %s", what, min, shown);
	if (!conf_is_bound(option->min))
		return err_new("'%s' must be at most %s, not %s", what, max, shown);
	return err_new("'%s' must be between %s and %s, not %s", what, min, max, shown);
}

struct err *conf_value_parse(const struct conf_option *option, const char *what, const char *text,
			     union conf_value *ret)
{
	union conf_value value = { 0 };
	double number;

	if (!parse_any(option, text, &value, &number)) {
		_cleanup_free_ char *shown = conf_quote(text);
		_cleanup_free_ char *wanted = conf_value_wanted(option);

		if (!*text)
			return err_new("'%s' has no value: it %s", what, wanted);
		return err_new("'%s' %s, not '%s'", what, wanted, shown);
	}
	struct err *err = check_range(option, what, text, number);
	if (!err)
		*ret = value;
	return err;
}

struct err *conf_parse_duration(const char *text, const char *what, int64_t *ret_ns)
{
	const struct conf_option option = { .key = what, .type = CONF_DURATION };
	union conf_value value = { 0 };
	struct err *err = conf_value_parse(&option, what, text, &value);

	if (!err)
		*ret_ns = value.integer;
	return err;
}

char *conf_duration_text(int64_t ns)
{
	if (ns == 0)
		return mem_strdup("0");
	for (size_t i = ARRAY_SIZE(duration_units); i-- > 0;) {
		const struct unit *unit = &duration_units[i];

		if (ns % unit->factor == 0)
			return mem_printf("%lld%s", (long long)(ns / unit->factor), unit->name);
		/* Three decimals at most: 1.5s, but 1500.001ms. */
		int64_t thousandth = unit->factor / 1000;
		if (unit->factor <= NS_PER_S && ns > unit->factor && ns % thousandth == 0) {
			int64_t decimals = ns % unit->factor / thousandth;
			int digits = decimals % 10 ? 3 : decimals % 100 ? 2 : 1;

			for (int d = digits; d < 3; d++)
				decimals /= 10;
			return mem_printf("%lld.%0*lld%s", (long long)(ns / unit->factor), digits,
					  (long long)decimals, unit->name);
		}
	}
	return mem_printf("%lldns", (long long)ns);
}

char *conf_size_text(int64_t bytes)
{
	for (size_t i = ARRAY_SIZE(size_units); bytes && i-- > 1;)
		if (bytes % size_units[i].factor == 0)
			return mem_printf("%lld%s", (long long)(bytes / size_units[i].factor),
					  size_units[i].name);
	return mem_printf("%lld", (long long)bytes);
}

char *conf_number_text(enum conf_type type, double number)
{
	if (type == CONF_DURATION && conf_is_bound(number))
		return conf_duration_text((int64_t)number);
	if (type == CONF_SIZE && conf_is_bound(number))
		return conf_size_text((int64_t)number);
	return mem_printf(type == CONF_DOUBLE || !isfinite(number) ? "%g" : "%.0f", number);
}
