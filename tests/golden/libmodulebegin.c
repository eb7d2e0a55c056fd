/* libmodulebegin: written by pynamic-gen, changes are lost. */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03090000
#include <Python.h>
#pragma weak PyLong_FromLong
#pragma weak PyModule_Create2

static volatile unsigned long libmodulebegin_sink;

__attribute__((noinline)) long begin_break_here(void)
{
	libmodulebegin_sink++;
	return 0;
}

static PyObject *visit(PyObject *self, PyObject *args)
{
	(void)self;
	(void)args;
	return PyLong_FromLong(begin_break_here());
}

static PyMethodDef methods[] = {
	{ "visit", visit, METH_NOARGS, "Calls all functions; returns how many calls that were." },
	{ "begin_break_here", visit, METH_NOARGS, "For debuggers to stop at." },
	{ NULL, NULL, 0, NULL },
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT, "libmodulebegin", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_libmodulebegin(void)
{
	return PyModule_Create(&definition);
}
