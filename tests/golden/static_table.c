/* Written by pynamic-gen: the modules inside a static program. */
#include <stddef.h>

#include "static_modules.h"

struct _object *PyInit_libmodulebegin(void);
long begin_break_here(void);
struct _object *PyInit_libmodule0(void);
long libmodule0_visit(void);
struct _object *PyInit_libmodule1(void);
long libmodule1_visit(void);
struct _object *PyInit_libmodule2(void);
long libmodule2_visit(void);
struct _object *PyInit_libmodulefinal(void);
long break_here(void);

const struct static_module static_modules[] = {
	{ "libmodulebegin", PyInit_libmodulebegin, begin_break_here },
	{ "libmodule0", PyInit_libmodule0, libmodule0_visit },
	{ "libmodule1", PyInit_libmodule1, libmodule1_visit },
	{ "libmodule2", PyInit_libmodule2, libmodule2_visit },
	{ "libmodulefinal", PyInit_libmodulefinal, break_here },
	{ NULL, NULL, NULL },
};
