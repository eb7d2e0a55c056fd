/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shows a footprint: as a table, as Pynamic's summary, next to the paper's table.
 * Measures nothing. A megabyte is 10^6 bytes, as in Pynamic.
 */
#include "gen/footprint/footprint.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"

#define NAME_WIDTH 44

static void put_cells(const struct footprint_object *object, double unit, int decimals, struct strbuf *ret)
{
	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++)
		strbuf_printf(ret, " %10.*f", decimals, footprint_column(object, i) / unit);
	strbuf_printf(ret, " %10.*f %10.*f\n", decimals, footprint_total(object) / unit, decimals,
		      object->file_bytes / unit);
}

static void put_head(const char *what, struct strbuf *ret)
{
	strbuf_printf(ret, "%-*s %10s %10s %10s %10s %10s %10s %10s\n", NAME_WIDTH, what, "text", "data", "debug",
		      "symtab", "strtab", "total", "file");
}

static void put_row(const char *name, const struct footprint_object *object, double unit, int decimals,
		    struct strbuf *ret)
{
	strbuf_printf(ret, "%-*s", NAME_WIDTH, name);
	put_cells(object, unit, decimals, ret);
}

static void put_count_row(const char *one, const char *many, const struct footprint_object *object,
			  struct strbuf *ret)
{
	_cleanup_free_ char *name =
		mem_printf("%llu %s", (unsigned long long)object->count, object->count == 1 ? one : many);

	put_row(name, object, 1e6, 3, ret);
}

static int compare_totals(const void *a, const void *b)
{
	uint64_t x = footprint_total(*(const struct footprint_object *const *)a);
	uint64_t y = footprint_total(*(const struct footprint_object *const *)b);

	return x < y ? 1 : x > y ? -1 : 0;
}

/* "...the end of a long path": the end tells libraries apart. */
static void put_object(const struct footprint_object *object, struct strbuf *ret)
{
	_cleanup_free_ char *base = text_legible(fs_basename(object->path));
	size_t len = strlen(base);
	_cleanup_free_ char *name =
		len > NAME_WIDTH ? mem_printf("...%s", base + len - NAME_WIDTH + 3) : mem_strdup(base);

	put_row(name, object, 1e3, 1, ret);
}

static void put_objects(const struct footprint *footprint, size_t max_objects, struct strbuf *ret)
{
	size_t n = footprint->n_objects, n_shown = n < max_objects ? n : max_objects;
	_cleanup_free_ const struct footprint_object **sorted = mem_calloc(n + 1, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = &footprint->objects[i];
	qsort(sorted, n, sizeof(*sorted), compare_totals);
	if (!n_shown)
		return;
	strbuf_putc(ret, '\n');
	put_head("each, kB", ret);
	for (size_t i = 0; i < n_shown; i++)
		put_object(sorted[i], ret);
	if (n > n_shown)
		strbuf_printf(ret, "... and %zu more (--all)\n", n - n_shown);
}

void footprint_put_table(const struct footprint *footprint, size_t max_objects, struct strbuf *ret)
{
	struct footprint_object modules = footprint_sum(footprint, FOOTPRINT_MODULE);
	struct footprint_object utilities = footprint_sum(footprint, FOOTPRINT_UTILITY);
	struct footprint_object programs = footprint_sum(footprint, FOOTPRINT_PROGRAM);
	struct footprint_object all = footprint_libraries(footprint);

	strbuf_puts_legible(ret, footprint->what, "");
	strbuf_puts(ret, "\n\n");
	put_head("MB (10^6 bytes)", ret);
	put_count_row("Python module", "Python modules", &modules, ret);
	put_count_row("other library", "other libraries", &utilities, ret);
	put_count_row("library", "libraries", &all, ret);
	if (all.count) {
		strbuf_printf(ret, "%-*s", NAME_WIDTH, "  on average, kB");
		put_cells(&all, 1e3 * all.count, 1, ret);
	}
	if (programs.count)
		put_count_row("program, apart", "programs, apart", &programs, ret);
	put_objects(footprint, max_objects, ret);
	if (footprint->n_separate)
		strbuf_printf(ret, "\n%.3f MB of debug information and symbol tables are in %llu separate file%s.\n",
			      (all.separate_bytes + programs.separate_bytes) / 1e6,
			      (unsigned long long)footprint->n_separate, footprint->n_separate == 1 ? "" : "s");
}

/* --- Pynamic's way --------------------------------------------------------------- */

enum pynamic_size {
	PYNAMIC_FILES, PYNAMIC_TEXT, PYNAMIC_DATA, PYNAMIC_DEBUG, PYNAMIC_SYMTAB, PYNAMIC_STRTAB, PYNAMIC_N
};

static const char *const pynamic_names[PYNAMIC_N] = {
	"aggregate total of shared libraries",
	"aggregate texts of shared libraries",
	"aggregate data of shared libraries",
	"aggregate debug sections of shared libraries",
	"aggregate symbol tables of shared libraries",
	"aggregate string table size of shared libraries",
};

static void add_pynamic(const struct footprint_object *object, uint64_t sizes[PYNAMIC_N])
{
	sizes[PYNAMIC_FILES] += object->file_bytes;
	sizes[PYNAMIC_TEXT] += object->bytes[ELF_TEXT] + object->bytes[ELF_DYNSYM] + object->bytes[ELF_DYNSTR];
	sizes[PYNAMIC_DATA] += object->bytes[ELF_DATA];
	sizes[PYNAMIC_DEBUG] += object->bytes[ELF_DEBUG];
	sizes[PYNAMIC_SYMTAB] += object->bytes[ELF_SYMTAB];
	sizes[PYNAMIC_STRTAB] += object->bytes[ELF_STRTAB];
}

static void put_human(uint64_t bytes, struct strbuf *ret)
{
	static const struct {
		double size;
		const char *name;
	} units[] = { { 1e9, "GB" }, { 1e6, "MB" }, { 1e3, "KB" } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (bytes >= units[i].size) {
			strbuf_printf(ret, "%.1f%s", bytes / units[i].size, units[i].name);
			return;
		}
	strbuf_printf(ret, "%lluB", (unsigned long long)bytes);
}

static const struct footprint_object *first_program(const struct footprint *footprint)
{
	for (size_t i = 0; i < footprint->n_objects; i++)
		if (footprint->objects[i].kind == FOOTPRINT_PROGRAM)
			return &footprint->objects[i];
	return NULL;
}

/* Pynamic sums over one executable and its libraries (get-symtab-sizes, 1.3). */
void footprint_put_summary(const struct footprint *footprint, struct strbuf *ret)
{
	static const char stars[] = "************************************************\n";
	const struct footprint_object *program = first_program(footprint);
	struct footprint_object libraries = footprint_libraries(footprint);
	uint64_t sizes[PYNAMIC_N] = { 0 };

	add_pynamic(&libraries, sizes);
	if (program)
		add_pynamic(program, sizes);
	strbuf_printf(ret, "%ssummary of %s executable and %llu shared libraries\n", stars,
		      program ? fs_basename(program->path) : "no", (unsigned long long)libraries.count);
	for (int i = 0; i < PYNAMIC_N; i++) {
		strbuf_printf(ret, "Size of %s: ", pynamic_names[i]);
		put_human(sizes[i], ret);
		strbuf_putc(ret, '\n');
	}
	strbuf_puts(ret, stars);
}

void footprint_put_paper(const struct footprint *footprint, struct strbuf *ret)
{
	static const struct {
		const char *name;
		unsigned real, pynamic;
		enum pynamic_size size;
	} rows[] = {
		{ "Text", 287, 665, PYNAMIC_TEXT },           { "Data", 9, 13, PYNAMIC_DATA },
		{ "Debug", 1100, 1100, PYNAMIC_DEBUG },       { "Symbol Table", 17, 36, PYNAMIC_SYMTAB },
		{ "String Table", 92, 348, PYNAMIC_STRTAB },
	};
	struct footprint_object libraries = footprint_libraries(footprint);
	_cleanup_free_ char *what = text_legible(footprint->what);
	unsigned real = 0, pynamic = 0;
	uint64_t sizes[PYNAMIC_N] = { 0 }, total = 0;

	add_pynamic(&libraries, sizes);
	strbuf_printf(ret,
		      "Paper, Table 3 (MB, counted as Pynamic does: text with the dynamic tables);\n"
		      "this: the %llu libraries of %s\n\n"
		      "%-14s %10s %10s %10s %12s\n",
		      (unsigned long long)libraries.count, what, "section", "real app", "Pynamic", "this",
		      "of real app");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		strbuf_printf(ret, "%-14s %10u %10u %10.1f %12.2f\n", rows[i].name, rows[i].real, rows[i].pynamic,
			      sizes[rows[i].size] / 1e6, sizes[rows[i].size] / 1e6 / rows[i].real);
		real += rows[i].real;
		pynamic += rows[i].pynamic;
		total += sizes[rows[i].size];
	}
	strbuf_printf(ret, "%-14s %10u %10u %10.1f %12.2f\n", "total", real, pynamic, total / 1e6,
		      total / 1e6 / real);
}
