/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An MPI program that embeds Python: host SCRIPT [ARGUMENTS]. Starts MPI, then the
 * interpreter with two built-in modules, `mpi` and `phase`, and runs the script as
 * __main__. Started without a launcher it is a job of one rank.
 *
 * Invariant: a rank that fails (an uncaught exception, a non-zero exit) ends the whole
 * job by MPI_Abort, so that no other rank waits for it for ever; only a job whose ranks
 * all succeed comes to MPI_Finalize.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mpi_module.h"
#include "phase.h"
#include "static_modules.h"

#define EXIT_USAGE 2

/* --- module phase ----------------------------------------------------------------- */

/* A name with a space or a line break would break the lines of the phase file. */
static int check_word(const char *word)
{
	if (*word && strlen(word) < 64 &&
	    !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")])
		return 0;
	PyErr_Format(PyExc_ValueError, "'%s' is not a name of letters, digits and underscores", word);
	return -1;
}

static PyObject *py_mark(PyObject *self, PyObject *args)
{
	const char *name;

	(void)self;
	if (!PyArg_ParseTuple(args, "s:mark", &name) || check_word(name) < 0)
		return NULL;
	return PyLong_FromLongLong(phase_mark(name));
}

static PyObject *py_report(PyObject *self, PyObject *args)
{
	const char *key;
	long long value;

	(void)self;
	if (!PyArg_ParseTuple(args, "sL:report", &key, &value) || check_word(key) < 0)
		return NULL;
	phase_report(key, value);
	Py_RETURN_NONE;
}

static PyMethodDef phase_methods[] = {
	{ "mark", py_mark, METH_VARARGS, "mark(name): writes a phase mark; returns its time, monotonic ns." },
	{ "report", py_report, METH_VARARGS, "report(key, value): writes a report line." },
	{ NULL, NULL, 0, NULL },
};

static struct PyModuleDef phase_def = {
	PyModuleDef_HEAD_INIT,
	.m_name = "phase",
	.m_doc = "Phase marks of this process; rank is what they carry.",
	.m_size = -1,
	.m_methods = phase_methods,
};

static PyObject *phase_module_init(void)
{
	PyObject *module = PyModule_Create(&phase_def);
	int rank;

	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	if (module && PyModule_AddIntConstant(module, "rank", rank) < 0)
		Py_CLEAR(module);
	return module;
}

/* In a static program the modules of the target are built in, too. */
static int append_static_modules(void)
{
	for (const struct static_module *module = static_modules; module && module->name; module++)
		if (PyImport_AppendInittab(module->name, module->init) < 0)
			return -1;
	return 0;
}

/* --- the interpreter -------------------------------------------------------------- */

/*
 * The interpreter that belongs to our libpython: PREFIX/bin/pythonX.Y above the library's
 * folder. Left alone, Python derives its prefix from whatever python3 stands first in
 * PATH, which may be another build. False if there is none (Python's default then holds).
 */
static bool find_program(char *ret, size_t size)
{
	char dir[PATH_MAX];
	Dl_info info;

	if (!dladdr((void *)Py_InitializeFromConfig, &info) || !info.dli_fname || !realpath(info.dli_fname, dir))
		return false;
	for (char *slash; (slash = strrchr(dir, '/'));) {
		*slash = '\0';
		if (snprintf(ret, size, "%s/bin/python%d.%d", dir, PY_MAJOR_VERSION, PY_MINOR_VERSION) < (int)size &&
		    access(ret, X_OK) == 0)
			return true;
	}
	return false;
}

static PyStatus start_python(int argc, char **argv)
{
	char program[PATH_MAX + 32];
	PyConfig config;
	PyStatus status;

	PyConfig_InitPythonConfig(&config);
	config.parse_argv = 0; /* all that follows the script is the script's */
	status = PyConfig_SetBytesArgv(&config, argc, argv);
	if (!PyStatus_Exception(status) && find_program(program, sizeof(program)))
		status = PyConfig_SetBytesString(&config, &config.program_name, program);
	if (!PyStatus_Exception(status))
		status = Py_InitializeFromConfig(&config);
	PyConfig_Clear(&config);
	return status;
}

/* As python3 does for a script: its folder, links resolved, comes first in sys.path. */
static int add_script_dir(const char *script)
{
	char real[PATH_MAX];
	PyObject *path = PySys_GetObject("path"); /* borrowed */
	PyObject *dir;
	int rc;

	if (!path || !realpath(script, real))
		return 0;
	dir = PyUnicode_DecodeFSDefault(dirname(real));
	rc = dir ? PyList_Insert(path, 0, dir) : -1;
	Py_XDECREF(dir);
	return rc;
}

static PyObject *take_exception(void)
{
#if PY_VERSION_HEX >= 0x030c0000
	return PyErr_GetRaisedException();
#else
	PyObject *type, *value, *traceback;

	PyErr_Fetch(&type, &value, &traceback);
	PyErr_NormalizeException(&type, &value, &traceback);
	Py_XDECREF(type);
	Py_XDECREF(traceback);
	return value;
#endif
}

/* Exit status of the exception that is set; prints what has to be printed. */
static int exit_status(void)
{
	PyObject *exception, *code;
	int status = EXIT_FAILURE;

	if (!PyErr_ExceptionMatches(PyExc_SystemExit)) {
		PyErr_Print();
		return status;
	}
	exception = take_exception();
	code = PyObject_GetAttrString(exception, "code");
	if (code == Py_None)
		status = EXIT_SUCCESS;
	else if (code && PyLong_Check(code))
		status = (int)(PyLong_AsLongLong(code) & 0xff);
	else if (code) {
		PyObject *text = PyObject_Str(code);
		const char *utf8 = text ? PyUnicode_AsUTF8(text) : NULL;

		if (utf8)
			fprintf(stderr, "%s\n", utf8);
		Py_XDECREF(text);
	}
	PyErr_Clear();
	Py_XDECREF(code);
	Py_XDECREF(exception);
	return status;
}

static int run_script(const char *script, FILE *file)
{
	PyObject *globals = PyModule_GetDict(PyImport_AddModule("__main__")); /* borrowed */
	PyObject *name = PyUnicode_DecodeFSDefault(script);
	PyObject *result = NULL;

	if (name && PyDict_SetItemString(globals, "__file__", name) == 0 && add_script_dir(script) == 0)
		result = PyRun_File(file, script, Py_file_input, globals, globals);
	Py_XDECREF(name);
	if (!result)
		return exit_status();
	Py_DECREF(result);
	return EXIT_SUCCESS;
}

/* What a failing script printed must not be lost; other threads of it may hang, so no
 * interpreter is ended here. */
static void flush_python(void)
{
	static const char *const names[] = { "stdout", "stderr" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PyObject *file = PySys_GetObject(names[i]); /* borrowed */
		PyObject *result = file && file != Py_None ? PyObject_CallMethod(file, "flush", NULL) : NULL;

		Py_XDECREF(result);
		PyErr_Clear();
	}
}

__attribute__((noreturn)) static void abort_job(int status)
{
	fflush(NULL);
	phase_mark("exit");
	MPI_Abort(MPI_COMM_WORLD, status);
	_exit(status);
}

int main(int argc, char **argv)
{
	int thread_level, rank, status;
	PyStatus python;
	FILE *script;

	phase_mark("main");
	if (argc < 2) {
		fprintf(stderr, "usage: host SCRIPT [ARGUMENTS]\n");
		return EXIT_USAGE;
	}
	script = fopen(argv[1], "re");
	if (!script) {
		fprintf(stderr, "host: cannot open script '%s': %s\n", argv[1], strerror(errno));
		return EXIT_USAGE;
	}
	if (MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &thread_level) != MPI_SUCCESS) {
		fprintf(stderr, "host: MPI_Init failed\n");
		return EXIT_FAILURE;
	}
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	phase_set_rank(rank);
	phase_mark("mpi_init");

	if (mpi_module_start(thread_level) < 0 || PyImport_AppendInittab("mpi", PyInit_mpi) < 0 ||
	    PyImport_AppendInittab("phase", phase_module_init) < 0 || append_static_modules() < 0) {
		fprintf(stderr, "host: cannot set up the built-in modules\n");
		abort_job(EXIT_FAILURE);
	}
	python = start_python(argc - 1, argv + 1);
	if (PyStatus_Exception(python)) {
		fprintf(stderr, "host: cannot start Python: %s\n", python.err_msg ? python.err_msg : "exit");
		abort_job(EXIT_FAILURE);
	}
	phase_mark("python");

	status = run_script(argv[1], script);
	if (status != EXIT_SUCCESS) {
		flush_python();
		abort_job(status);
	}
	fclose(script);
	/* Exit handlers of the script may still use mpi. */
	if (Py_FinalizeEx() < 0)
		abort_job(120); /* as python3: buffered output could not be written */
	mpi_module_stop();
	MPI_Finalize();
	phase_mark("exit");
	return EXIT_SUCCESS;
}
