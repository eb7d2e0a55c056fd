/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collective calls of the module `mpi`, and the agreement before each of them. What
 * reduce and allreduce do is in mpi_reduce.c.
 *
 * Invariant: a rank that has joined an agreement either fails with all others or makes
 * the same MPI calls as they do.
 */
#include "mpi_module.h"

#include <limits.h>
#include <string.h>

static const char *const collective_names[] = {
	[CALL_BARRIER] = "barrier", [CALL_REDUCE] = "reduce", [CALL_ALLREDUCE] = "allreduce",
	[CALL_BCAST] = "bcast",	    [CALL_GATHER] = "gather", [CALL_SCATTER] = "scatter",
};

int root_check(int root)
{
	if (root >= 0 && root < mpi.size)
		return 0;
	PyErr_Format(PyExc_ValueError, "root %d is not one of the %d ranks", root, mpi.size);
	return -1;
}

int collective_agree(struct agreement *a)
{
	enum { FAILED, FUNCTION, FUNCTION_MIN, ROOT, ROOT_MIN, OP, OP_MIN, KIND, KIND_MIN, COUNT, COUNT_MIN, BYTES,
	       MAGNITUDE, N };
	const char *name = collective_names[a->function];
	int64_t mine[N] = {
		[FAILED] = a->failed ? mpi.rank + 1 : 0,
		[FUNCTION] = a->function, [FUNCTION_MIN] = -(int64_t)a->function,
		[ROOT] = a->root,	  [ROOT_MIN] = -(int64_t)a->root,
		[OP] = a->op,		  [OP_MIN] = -(int64_t)a->op,
		[KIND] = a->kind_max,	  [KIND_MIN] = -a->kind_min,
		[COUNT] = a->count_max,	  [COUNT_MIN] = -a->count_min,
		[BYTES] = a->bytes,	  [MAGNITUDE] = a->magnitude,
	};
	int64_t all[N];

	if (MPI_TRY(MPI_Allreduce(mine, all, N, MPI_INT64_T, MPI_MAX, mpi.comm)) < 0)
		return -1;
	if (a->failed)
		return -1;
	if (all[FUNCTION] != -all[FUNCTION_MIN])
		PyErr_Format(mpi.error, "ranks do not call the same function: %s here, %s elsewhere", name,
			     collective_names[all[FUNCTION] != a->function ? all[FUNCTION] : -all[FUNCTION_MIN]]);
	else if (all[FAILED])
		PyErr_Format(mpi.error, "%s: rank %d could not take part", name, (int)all[FAILED] - 1);
	else if (all[ROOT] != -all[ROOT_MIN])
		PyErr_Format(mpi.error, "%s: ranks do not name the same root", name);
	else if (all[OP] != -all[OP_MIN])
		PyErr_Format(mpi.error, "%s: ranks do not name the same operator", name);
	else if (all[BYTES] > INT_MAX / mpi.size)
		PyErr_Format(PyExc_OverflowError, "%s: values of all ranks are larger than one MPI message (2 GiB)",
			     name);
	else {
		a->kind_max = all[KIND];
		a->kind_min = -all[KIND_MIN];
		a->count_max = all[COUNT];
		a->count_min = -all[COUNT_MIN];
		a->bytes = all[BYTES];
		a->magnitude = all[MAGNITUDE];
		return 0;
	}
	return -1;
}

PyObject *mpi_py_barrier(PyObject *self, PyObject *ignored)
{
	struct agreement agreement = { .function = CALL_BARRIER };

	(void)self;
	(void)ignored;
	if (collective_agree(&agreement) < 0 || MPI_TRY(MPI_Barrier(mpi.comm)) < 0)
		return NULL;
	return py_ref(Py_None);
}

PyObject *mpi_py_reduce(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static const char *const names[] = { "value", "op", "root", NULL };
	const char *op = "SUM";
	PyObject *object;
	int root = 0;

	(void)self;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|si:reduce", (char **)names, &object, &op, &root))
		return NULL;
	return reduce_values(object, op, root, false);
}

PyObject *mpi_py_allreduce(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static const char *const names[] = { "value", "op", NULL };
	const char *op = "SUM";
	PyObject *object;

	(void)self;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|s:allreduce", (char **)names, &object, &op))
		return NULL;
	return reduce_values(object, op, 0, true);
}

/* On the root value is what it sends, elsewhere it is made from the header. */
static PyObject *bcast_value(struct value *value, PyObject *object, int root)
{
	int64_t header[] = { value->kind, value->shape, value->count };

	if (MPI_TRY(MPI_Bcast(header, 3, MPI_INT64_T, root, mpi.comm)) < 0)
		return NULL;
	if (mpi.rank != root &&
	    value_alloc((enum value_kind)header[0], (enum value_shape)header[1], header[2], value) < 0)
		return NULL;
	if (MPI_TRY(MPI_Bcast(value->data, value->count, value_type(value->kind), root, mpi.comm)) < 0)
		return NULL;
	return mpi.rank == root ? py_ref(object) : value_decode(value);
}

PyObject *mpi_py_bcast(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static const char *const names[] = { "value", "root", NULL };
	struct agreement agreement = { .function = CALL_BCAST };
	PyObject *object = Py_None, *result = NULL;
	struct value value = { 0 };

	(void)self;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Oi:bcast", (char **)names, &object, &agreement.root))
		return NULL;
	agreement.failed = root_check(agreement.root) < 0 ||
			   (mpi.rank == agreement.root && value_encode(object, &value) < 0);
	if (collective_agree(&agreement) == 0)
		result = bcast_value(&value, object, agreement.root);
	value_deinit(&value);
	return result;
}

/* Buffers of one message per rank, on the root of a gather or scatter. */
struct messages {
	char *packed;
	int *sizes, *offsets;
	int64_t total;
};

static int messages_init(struct messages *m)
{
	*m = (struct messages){ .sizes = PyMem_RawCalloc(2 * (size_t)mpi.size, sizeof(int)) };
	if (!m->sizes) {
		PyErr_NoMemory();
		return -1;
	}
	m->offsets = m->sizes + mpi.size;
	return 0;
}

static void messages_deinit(struct messages *m)
{
	PyMem_RawFree(m->sizes);
	PyMem_RawFree(m->packed);
}

static int messages_alloc(struct messages *m)
{
	for (int i = 0; i < mpi.size; i++) {
		m->offsets[i] = (int)m->total;
		m->total += m->sizes[i];
	}
	m->packed = PyMem_RawMalloc((size_t)m->total);
	if (!m->packed)
		PyErr_NoMemory();
	return m->packed ? 0 : -1;
}

static PyObject *gather_packed(void *packed, int size, int root, struct messages *m)
{
	PyObject *list;

	if (MPI_TRY(MPI_Gather(&size, 1, MPI_INT, m->sizes, 1, MPI_INT, root, mpi.comm)) < 0 ||
	    (mpi.rank == root && messages_alloc(m) < 0) ||
	    MPI_TRY(MPI_Gatherv(packed, size, MPI_PACKED, m->packed, m->sizes, m->offsets, MPI_PACKED, root,
				mpi.comm)) < 0)
		return NULL;
	if (mpi.rank != root)
		return py_ref(Py_None);
	list = PyList_New(mpi.size);
	for (int i = 0; list && i < mpi.size; i++) {
		PyObject *object = value_unpack(m->packed + m->offsets[i], m->sizes[i]);

		if (object)
			PyList_SET_ITEM(list, i, object);
		else
			Py_CLEAR(list);
	}
	return list;
}

PyObject *mpi_py_gather(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static const char *const names[] = { "value", "root", NULL };
	struct agreement agreement = { .function = CALL_GATHER };
	PyObject *object, *result = NULL;
	struct messages messages = { 0 };
	void *packed = NULL;
	int size = 0;

	(void)self;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|i:gather", (char **)names, &object, &agreement.root))
		return NULL;
	agreement.failed = root_check(agreement.root) < 0 || value_encode_packed(object, &packed, &size) < 0 ||
			   messages_init(&messages) < 0;
	agreement.bytes = size;
	if (collective_agree(&agreement) == 0)
		result = gather_packed(packed, size, agreement.root, &messages);
	messages_deinit(&messages);
	PyMem_RawFree(packed);
	return result;
}

/* Packs one element of the root's sequence for each rank. */
static int scatter_pack(PyObject *values, struct messages *m)
{
	PyObject *fast = PySequence_Fast(values, "scatter: the root's values must be a sequence");
	int rc = -1;

	if (!fast)
		return -1;
	if (PySequence_Fast_GET_SIZE(fast) != mpi.size)
		PyErr_Format(PyExc_ValueError, "scatter: %zd values for %d ranks", PySequence_Fast_GET_SIZE(fast),
			     mpi.size);
	else
		rc = 0;
	for (int i = 0; rc == 0 && i < mpi.size; i++) {
		void *packed, *grown;

		rc = value_encode_packed(PySequence_Fast_GET_ITEM(fast, i), &packed, &m->sizes[i]);
		if (rc < 0)
			break;
		m->offsets[i] = (int)m->total;
		m->total += m->sizes[i];
		grown = m->total > INT_MAX ? NULL : PyMem_RawRealloc(m->packed, (size_t)m->total);
		if (grown) {
			m->packed = grown;
			memcpy(m->packed + m->offsets[i], packed, (size_t)m->sizes[i]);
		} else {
			PyErr_SetString(PyExc_OverflowError, "scatter: values are too large");
			rc = -1;
		}
		PyMem_RawFree(packed);
	}
	Py_DECREF(fast);
	return rc;
}

static PyObject *scatter_packed(const struct messages *m, int root)
{
	PyObject *result = NULL;
	void *packed;
	int size;

	if (MPI_TRY(MPI_Scatter(m->sizes, 1, MPI_INT, &size, 1, MPI_INT, root, mpi.comm)) < 0)
		return NULL;
	packed = PyMem_RawMalloc((size_t)size);
	if (!packed)
		return PyErr_NoMemory();
	if (MPI_TRY(MPI_Scatterv(m->packed, m->sizes, m->offsets, MPI_PACKED, packed, size, MPI_PACKED, root,
				 mpi.comm)) == 0)
		result = value_unpack(packed, size);
	PyMem_RawFree(packed);
	return result;
}

PyObject *mpi_py_scatter(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static const char *const names[] = { "values", "root", NULL };
	struct agreement agreement = { .function = CALL_SCATTER };
	PyObject *values = Py_None, *result = NULL;
	struct messages messages = { 0 };

	(void)self;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Oi:scatter", (char **)names, &values, &agreement.root))
		return NULL;
	agreement.failed = root_check(agreement.root) < 0 || messages_init(&messages) < 0 ||
			   (mpi.rank == agreement.root && scatter_pack(values, &messages) < 0);
	if (collective_agree(&agreement) == 0)
		result = scatter_packed(&messages, agreement.root);
	messages_deinit(&messages);
	return result;
}
