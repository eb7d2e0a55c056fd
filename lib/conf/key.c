/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys of an option table: looked up, and what to say of one that is not there. Reads the
 * table alone, never a struct of settings.
 * Invariant: an unknown key's error names the nearest known one, or all of its section.
 */
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/conf/nearest.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

size_t conf_n_options(const struct conf_table *table)
{
	size_t n = table->n_options;

	for (size_t i = 0; table->parts && table->parts[i]; i++)
		n += table->parts[i]->n_options;
	return n;
}

const struct conf_option *conf_option_at(const struct conf_table *table, size_t index)
{
	const struct conf_table *const *part = table->parts;

	for (; index >= table->n_options; table = *part++)
		index -= table->n_options;
	return &table->options[index];
}

const struct conf_option *conf_find(const struct conf_table *table, const char *key)
{
	for (size_t i = 0; i < conf_n_options(table); i++)
		if (strcmp(conf_option_at(table, i)->key, key) == 0)
			return conf_option_at(table, i);
	return NULL;
}

bool conf_is_section(const struct conf_table *table, const char *section)
{
	size_t len = strlen(section);

	for (size_t i = 0; i < conf_n_options(table); i++) {
		const char *key = conf_option_at(table, i)->key;

		if (strncmp(key, section, len) == 0 && key[len] == '.')
			return true;
	}
	return false;
}

static const char *leaf(const char *key)
{
	const char *dot = strrchr(key, '.');

	return dot ? dot + 1 : key;
}

static const char *nearest_key(const struct conf_table *table, const char *key)
{
	size_t best_distance = SIZE_MAX;
	const char *best = NULL;

	if (strlen(key) > 100)
		return NULL; /* no typing error of a known key */
	for (size_t i = 0; i < conf_n_options(table); i++) {
		const char *known = conf_option_at(table, i)->key;
		size_t section_len = (size_t)(leaf(known) - known);
		bool same_section =
			section_len == (size_t)(leaf(key) - key) && strncmp(key, known, section_len) == 0;
		const char *written = same_section ? leaf(key) : key;
		size_t distance = nearest_distance(written, same_section ? leaf(known) : known);

		/* The right word in the wrong section. */
		if (distance > 1 && strcmp(leaf(known), leaf(key)) == 0)
			distance = 1;
		if (nearest_is_near(written, distance) && distance < best_distance) {
			best = known;
			best_distance = distance;
		}
	}
	return best;
}

/* The keys of a section ("" for the outermost level), each once: "count, where". */
static char *keys_of(const struct conf_table *table, const char *section, size_t section_len)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < conf_n_options(table); i++) {
		const char *key = conf_option_at(table, i)->key;
		bool seen = false;

		if (strncmp(key, section, section_len) != 0)
			continue;
		size_t len = section_len + strcspn(key + section_len, ".");
		for (size_t j = 0; j < i && !seen; j++) {
			const char *earlier = conf_option_at(table, j)->key;

			seen = strncmp(earlier, key, len) == 0 &&
			       (earlier[len] == '.' || earlier[len] == '\0');
		}
		if (!seen)
			strbuf_printf(&sb, "%s%.*s", sb.len ? ", " : "", (int)(len - section_len),
				      key + section_len);
	}
	return strbuf_steal(&sb);
}

struct err *conf_unknown_key(const struct conf_table *table, const char *key, size_t section_len)
{
	const char *nearest = nearest_key(table, key);
	_cleanup_free_ char *shown = conf_quote(key);
	struct err *err = err_new("unknown key '%s' in a %s", shown, table->what);

	if (nearest)
		return err_hint(err, "did you mean '%s'?",
				strncmp(nearest, key, section_len) == 0 ? nearest + section_len : nearest);
	_cleanup_free_ char *known = keys_of(table, key, section_len);
	return err_hint(err, "known keys: %s", known);
}

struct err *conf_needs_key(const struct conf_table *table, const char *section)
{
	_cleanup_free_ char *prefix = mem_printf("%s.", section);
	_cleanup_free_ char *keys = keys_of(table, prefix, strlen(prefix));

	return err_hint(err_new("'%s' is a section, not a setting", section), "its keys: %s", keys);
}

struct err *conf_check_name(const struct conf_table *table, const char *name)
{
	return conf_find(table, name) || conf_is_section(table, name) ? NULL : conf_unknown_key(table, name, 0);
}
