/* libmodule1: written by pynamic-gen, changes are lost. */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03090000
#include <Python.h>
#pragma weak PyLong_FromLong
#pragma weak PyModule_Create2

static volatile unsigned long libmodule1_sink;
static char libmodule1_text[] = "pynamic";

long libmodule0_cross_ab(double a0, long a1, double a2, double a3);
long libmodule1_fn0_ab(void);
long libmodule1_fn1_ab(long a0);
long libmodule1_fn2_ab(double a0, double a1, float a2);
long libmodule1_fn3_ab(char *a0, long a1);
long libmodule1_fn4_ab(void);
long libmodule1_fn5_ab(char *a0, long a1, char *a2, long a3, char *a4);
long libutility0_fn0_ab(long a0, int a1, double a2, long a3, double a4);
long libutility0_fn1_ab(long a0, float a1, int a2);
long libutility0_fn2_ab(void);
long libutility1_fn2_ab(long a0);
long libutility1_fn3_ab(float a0);

long libmodule1_fn0_ab(void)
{
	long result = 1;
	unsigned long local = 0;

	libmodule1_sink = local;
	result += libutility0_fn2_ab();
	result += libmodule1_fn1_ab(32L);
	return result;
}

long libmodule1_fn1_ab(long a0)
{
	long result = 1;
	unsigned long local = 1;

	local += a0;
	libmodule1_sink = local;
	result += libutility0_fn1_ab(1L, 18.5f, 35);
	result += libmodule1_fn2_ab(32.25, 49.25, 66.5f);
	return result;
}

long libmodule1_fn2_ab(double a0, double a1, float a2)
{
	long result = 1;
	unsigned long local = 2;

	local += (long)a0;
	local += (long)a1;
	local += (long)a2;
	libmodule1_sink = local;
	result += libutility1_fn2_ab(1L);
	return result;
}

long libmodule1_fn3_ab(char *a0, long a1)
{
	long result = 1;
	unsigned long local = 3;

	local += a0[0];
	local += a1;
	libmodule1_sink = local;
	result += libutility0_fn1_ab(1L, 18.5f, 35);
	result += libmodule1_fn4_ab();
	return result;
}

long libmodule1_fn4_ab(void)
{
	long result = 1;
	unsigned long local = 4;

	libmodule1_sink = local;
	result += libutility0_fn0_ab(1L, 18, 35.25, 52L, 69.25);
	result += libmodule1_fn5_ab(libmodule1_text, 49L, libmodule1_text, 83L, libmodule1_text);
	return result;
}

long libmodule1_fn5_ab(char *a0, long a1, char *a2, long a3, char *a4)
{
	long result = 1;
	unsigned long local = 5;

	local += a0[0];
	local += a1;
	local += a2[0];
	local += a3;
	local += a4[0];
	libmodule1_sink = local;
	result += libutility1_fn3_ab(1.5f);
	return result;
}

long libmodule1_cross_ab(char *a0, double a1)
{
	long result = 1;
	unsigned long local = 6;

	local += a0[0];
	local += (long)a1;
	libmodule1_sink = local;
	return result;
}

long libmodule1_visit(void)
{
	long result = 0;

	result += libmodule1_fn0_ab();
	result += libmodule1_fn3_ab(libmodule1_text, 49L);
	result += libmodule0_cross_ab(63.25, 80L, 97.25, 114.25);
	return result;
}

static PyObject *visit(PyObject *self, PyObject *args)
{
	(void)self;
	(void)args;
	return PyLong_FromLong(libmodule1_visit());
}

static PyMethodDef methods[] = {
	{ "visit", visit, METH_NOARGS, "Calls all functions; returns how many calls that were." },
	{ NULL, NULL, 0, NULL },
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT, "libmodule1", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_libmodule1(void)
{
	return PyModule_Create(&definition);
}
