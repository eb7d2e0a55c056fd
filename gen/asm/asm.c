/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a plan to its objects: templates, a check of what comes of them against the
 * compiler, then all libraries on all cores. Invariant: an object that is newer than its
 * source and flags.mk is whole and of this plan; make leaves it alone.
 */
#include "gen/asm/asm.h"

#include <string.h>
#include <sys/stat.h>

#include "gen/asm/check.h"
#include "gen/asm/stamp/stamp.h"
#include "gen/parallel.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"

#define TEMPLATE_FOLDER "obj/templates"

struct objects {
	const char *dir;
	const struct asm_stamper *stamper;
	const struct emit_places *places;
	size_t *wanted;
	size_t n;
};

static bool is_newer(const char *dir, const char *object, const char *than)
{
	_cleanup_free_ char *path = fs_join(dir, object), *than_path = fs_join(dir, than);
	struct stat a, b;

	if (stat(path, &a) || stat(than_path, &b))
		return false;
	return a.st_mtim.tv_sec != b.st_mtim.tv_sec ? a.st_mtim.tv_sec > b.st_mtim.tv_sec :
						      a.st_mtim.tv_nsec > b.st_mtim.tv_nsec;
}

static void list_wanted(const char *dir, const struct plan *plan, struct objects *ret)
{
	ret->wanted = mem_calloc(plan->n_libraries, sizeof(*ret->wanted));
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const char *name = plan->libraries[i].name;
		_cleanup_free_ char *object = mem_printf("obj/%s.o", name), *source = mem_printf("src/%s.c", name);

		if (asm_writes(&plan->libraries[i]) &&
		    !(is_newer(dir, object, source) && is_newer(dir, object, "flags.mk")))
			ret->wanted[ret->n++] = i;
	}
}

static struct err *make_object(void *context, size_t i)
{
	const struct objects *objects = context;
	size_t library = objects->wanted[i];
	const char *name = objects->stamper->plan->libraries[library].name;
	_cleanup_free_ char *source = mem_printf("src/%s.c", name), *object = mem_printf("obj/%s.o", name);
	_cleanup_free_ char *path = fs_join(objects->dir, object);

	return asm_stamp(objects->stamper, library, &objects->places[library], source, path);
}

static struct err *refuse(const struct asm_compiler *compiler, struct err *err)
{
	return err_hint(err_wrap(err, "cannot write code from templates of '%s'", compiler->spec->cc),
			"it takes code without optimisation (-O0) and plain debug information; without --codegen=asm "
			"the compiler makes the libraries");
}

static struct err *make_objects(const struct asm_compiler *compiler, const struct plan *plan, struct objects *objects)
{
	struct asm_stamper stamper;
	struct err *err;

	progress_note("templates");
	err = asm_stamper_make(compiler, plan, &stamper);
	if (err)
		return refuse(compiler, err);
	err = refuse(compiler, asm_check(compiler, &stamper));
	objects->stamper = &stamper;
	if (!err)
		err = parallel_run(objects->n, compiler->threads, "objects", make_object, objects);
	asm_stamper_deinit(&stamper);
	return err;
}

struct err *asm_make_objects(const char *dir, const struct target_spec *spec, const struct plan *plan,
			     const struct toolchain *toolchain, unsigned threads, const struct emit_places *places)
{
	struct asm_compiler compiler = { .dir = dir, .folder = TEMPLATE_FOLDER, .spec = spec, .toolchain = toolchain,
					 .threads = threads };
	struct objects objects = { .dir = dir, .places = places };
	_cleanup_free_ char *folder = fs_join(dir, TEMPLATE_FOLDER);
	struct err *err = NULL;

	list_wanted(dir, plan, &objects);
	if (objects.n)
		err = fs_mkdirs(folder);
	if (!err && objects.n) {
		struct err *removed;

		err = make_objects(&compiler, plan, &objects);
		removed = fs_remove_tree(folder);
		if (err)
			err_free(removed);
		else
			err = removed;
	}
	free(objects.wanted);
	return err;
}
