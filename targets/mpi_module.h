/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's built-in Python module `mpi`. What it offers is in its doc strings
 * (mpi_module.c); how a Python value travels is decided in mpi_value.c, how values
 * are reduced in mpi_reduce.c.
 *
 * Values: an int of 64 bits, a float, and a list or tuple of only one of these travel
 * as native MPI types; everything else travels as a pickle.
 *
 * Collective calls: before each one all ranks agree by a small allreduce on what they
 * are about to do (function, root, operator, kinds of values). A rank that cannot take
 * part (a value that does not pickle), or ranks that call different things, become an
 * exception on every rank and never a deadlock.
 */
#ifndef MPI_MODULE_H
#define MPI_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

/* Call between MPI_Init and the first import; thread_level as MPI_Init_thread provided. */
int mpi_module_start(int thread_level);
/* Call after the interpreter has ended, before MPI_Finalize. */
void mpi_module_stop(void);

PyMODINIT_FUNC PyInit_mpi(void);

/* --- shared by the module's files ------------------------------------------------- */

struct mpi_state {
	MPI_Comm comm;       /* a duplicate of MPI_COMM_WORLD that returns errors */
	int rank, size;
	bool threads;        /* several threads may be in MPI: the GIL is released */
	PyObject *error;     /* exception mpi.Error */
};
extern struct mpi_state mpi;

/* Py_NewRef came with Python 3.10. */
static inline PyObject *py_ref(PyObject *object)
{
	Py_INCREF(object);
	return object;
}

/* Evaluates an MPI call without the GIL; sets mpi.Error and is -1 if it failed, else 0. */
#define MPI_TRY(call)                                                        \
	({                                                                   \
		PyThreadState *_save = mpi.threads ? PyEval_SaveThread() : NULL; \
		int _rc = (call);                                            \
		if (_save)                                                   \
			PyEval_RestoreThread(_save);                         \
		mpi_check(_rc);                                              \
	})
int mpi_check(int rc);

/* How a value travels. */
enum value_kind { VALUE_PICKLE, VALUE_INT, VALUE_FLOAT };
enum value_shape { SHAPE_SCALAR, SHAPE_LIST, SHAPE_TUPLE };

struct value {
	enum value_kind kind;
	enum value_shape shape;
	int count;           /* elements; bytes of a pickle */
	void *data;          /* int64_t, double or char; PyMem_RawMalloc */
};

/* Python value to buffer. -1 with an exception set: it does not pickle, or is too large. */
int value_encode(PyObject *object, struct value *ret);
/* The same, but a pickle always. */
int value_pickle(PyObject *object, struct value *ret);
/* Buffer to a new reference; NULL with an exception set. */
PyObject *value_decode(const struct value *value);
int value_alloc(enum value_kind kind, enum value_shape shape, int64_t count, struct value *ret);
void value_deinit(struct value *value);
MPI_Datatype value_type(enum value_kind kind);

/* A value as one self-describing message of MPI_PACKED: kind, shape and count, then the
 * elements. *ret is freed by PyMem_RawFree. */
int value_encode_packed(PyObject *object, void **ret, int *size_ret);
PyObject *value_unpack(const void *packed, int size);

/* What one rank is about to do, and what all ranks together are. */
enum collective { CALL_BARRIER, CALL_REDUCE, CALL_ALLREDUCE, CALL_BCAST, CALL_GATHER, CALL_SCATTER };

struct agreement {
	enum collective function;
	int root;
	int op;
	bool failed;                /* this rank has an exception set and cannot take part */
	int64_t kind_min, kind_max; /* in: both this rank's; out: over all ranks */
	int64_t count_min, count_max;
	int64_t bytes;              /* in: of this rank's message; out: the largest one */
	int64_t magnitude;          /* in: this rank's largest absolute value; out: of all */
};

/* Collective. -1 with an exception set on every rank unless all agree and none failed. */
int collective_agree(struct agreement *agreement);
/* A root outside of the ranks is a ValueError. */
int root_check(int root);

/* Collective: what values of all ranks are together, folded in rank order. is_all: every
 * rank gets the result, otherwise the root alone and the others None. */
PyObject *reduce_values(PyObject *object, const char *operator_name, int root, bool is_all);
int reduce_add_operators(PyObject *module);

/* The collective functions of the module; reduce and allreduce are checked arguments of
 * reduce_values. */
PyObject *mpi_py_barrier(PyObject *self, PyObject *ignored);
PyObject *mpi_py_reduce(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *mpi_py_allreduce(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *mpi_py_bcast(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *mpi_py_gather(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *mpi_py_scatter(PyObject *self, PyObject *args, PyObject *kwargs);

#endif
