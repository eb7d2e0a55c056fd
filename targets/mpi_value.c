/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Python values as MPI sees them: 64-bit ints, floats, lists and tuples of one of
 * these as arrays of a native type, everything else as a pickle. A bool is pickled, so
 * that it arrives as one. Knows nothing of ranks.
 *
 * Invariant: what value_decode gives equals, in type and value, what value_encode got.
 */
#include "mpi_module.h"

#include <limits.h>
#include <string.h>

#define HEADER_INTS 3

MPI_Datatype value_type(enum value_kind kind)
{
	switch (kind) {
	case VALUE_INT:
		return MPI_INT64_T;
	case VALUE_FLOAT:
		return MPI_DOUBLE;
	case VALUE_PICKLE:
		break;
	}
	return MPI_BYTE;
}

static size_t value_element_size(enum value_kind kind)
{
	return kind == VALUE_PICKLE ? 1 : sizeof(int64_t);
}

int value_alloc(enum value_kind kind, enum value_shape shape, int64_t count, struct value *ret)
{
	void *data;

	if (count < 0 || (size_t)count * value_element_size(kind) > INT_MAX) {
		PyErr_SetString(PyExc_OverflowError, "value is larger than one MPI message (2 GiB)");
		return -1;
	}
	data = PyMem_RawMalloc((size_t)count * value_element_size(kind));
	if (!data) {
		PyErr_NoMemory();
		return -1;
	}
	*ret = (struct value){ .kind = kind, .shape = shape, .count = (int)count, .data = data };
	return 0;
}

void value_deinit(struct value *value)
{
	PyMem_RawFree(value->data);
	value->data = NULL;
}

/* Kind that an element has by itself; an int beyond 64 bits has none but the pickle. */
static enum value_kind element_kind(PyObject *element)
{
	int overflow;

	if (PyFloat_CheckExact(element))
		return VALUE_FLOAT;
	if (!PyLong_CheckExact(element))
		return VALUE_PICKLE;
	PyLong_AsLongLongAndOverflow(element, &overflow);
	return overflow ? VALUE_PICKLE : VALUE_INT;
}

static void element_store(PyObject *element, int i, struct value *value)
{
	if (value->kind == VALUE_INT)
		((int64_t *)value->data)[i] = PyLong_AsLongLong(element);
	else
		((double *)value->data)[i] = PyFloat_AS_DOUBLE(element);
}

static PyObject *element_load(const struct value *value, int i)
{
	if (value->kind == VALUE_INT)
		return PyLong_FromLongLong(((const int64_t *)value->data)[i]);
	return PyFloat_FromDouble(((const double *)value->data)[i]);
}

static PyObject *pickle_call(const char *function, PyObject *argument)
{
	PyObject *pickle = PyImport_ImportModule("pickle");
	PyObject *result;

	if (!pickle)
		return NULL;
	result = PyObject_CallMethod(pickle, function, "(O)", argument);
	Py_DECREF(pickle);
	return result;
}

int value_pickle(PyObject *object, struct value *ret)
{
	PyObject *bytes = pickle_call("dumps", object);
	int rc = -1;

	if (!bytes)
		return -1;
	if (!PyBytes_Check(bytes))
		PyErr_SetString(PyExc_TypeError, "pickle.dumps did not return bytes");
	else
		rc = value_alloc(VALUE_PICKLE, SHAPE_SCALAR, PyBytes_GET_SIZE(bytes), ret);
	if (!rc)
		memcpy(ret->data, PyBytes_AS_STRING(bytes), (size_t)ret->count);
	Py_DECREF(bytes);
	return rc;
}

int value_encode(PyObject *object, struct value *ret)
{
	enum value_shape shape = PyList_CheckExact(object)    ? SHAPE_LIST
				 : PyTuple_CheckExact(object) ? SHAPE_TUPLE
							      : SHAPE_SCALAR;
	Py_ssize_t count = shape == SHAPE_SCALAR ? 1 : PySequence_Fast_GET_SIZE(object);
	PyObject **items = shape == SHAPE_SCALAR ? &object : PySequence_Fast_ITEMS(object);
	enum value_kind kind = count ? element_kind(items[0]) : VALUE_PICKLE;

	for (Py_ssize_t i = 1; i < count && kind != VALUE_PICKLE; i++)
		if (element_kind(items[i]) != kind)
			kind = VALUE_PICKLE;
	if (kind == VALUE_PICKLE)
		return value_pickle(object, ret);
	if (value_alloc(kind, shape, count, ret) < 0)
		return -1;
	for (int i = 0; i < ret->count; i++)
		element_store(items[i], i, ret);
	return 0;
}

static PyObject *decode_pickle(const struct value *value)
{
	PyObject *bytes = PyBytes_FromStringAndSize(value->data, value->count);
	PyObject *object;

	if (!bytes)
		return NULL;
	object = pickle_call("loads", bytes);
	Py_DECREF(bytes);
	return object;
}

PyObject *value_decode(const struct value *value)
{
	bool is_list = value->shape == SHAPE_LIST;
	PyObject *sequence;

	if (value->kind == VALUE_PICKLE)
		return decode_pickle(value);
	if (value->shape == SHAPE_SCALAR)
		return element_load(value, 0);
	sequence = is_list ? PyList_New(value->count) : PyTuple_New(value->count);
	for (int i = 0; sequence && i < value->count; i++) {
		PyObject *element = element_load(value, i);

		if (!element)
			Py_CLEAR(sequence);
		else if (is_list)
			PyList_SET_ITEM(sequence, i, element);
		else
			PyTuple_SET_ITEM(sequence, i, element);
	}
	return sequence;
}

static int value_pack(const struct value *value, void **ret, int *size_ret)
{
	int64_t header[HEADER_INTS] = { value->kind, value->shape, value->count };
	int header_size, data_size, position = 0;
	void *packed;

	if (mpi_check(MPI_Pack_size(HEADER_INTS, MPI_INT64_T, mpi.comm, &header_size)) < 0 ||
	    mpi_check(MPI_Pack_size(value->count, value_type(value->kind), mpi.comm, &data_size)) < 0)
		return -1;
	if ((int64_t)header_size + data_size > INT_MAX) {
		PyErr_SetString(PyExc_OverflowError, "value is larger than one MPI message (2 GiB)");
		return -1;
	}
	packed = PyMem_RawMalloc((size_t)header_size + (size_t)data_size);
	if (!packed) {
		PyErr_NoMemory();
		return -1;
	}
	if (mpi_check(MPI_Pack(header, HEADER_INTS, MPI_INT64_T, packed, header_size + data_size, &position,
			       mpi.comm)) < 0 ||
	    mpi_check(MPI_Pack(value->data, value->count, value_type(value->kind), packed,
			       header_size + data_size, &position, mpi.comm)) < 0) {
		PyMem_RawFree(packed);
		return -1;
	}
	*ret = packed;
	*size_ret = position;
	return 0;
}

int value_encode_packed(PyObject *object, void **ret, int *size_ret)
{
	struct value value;
	int rc;

	if (value_encode(object, &value) < 0)
		return -1;
	rc = value_pack(&value, ret, size_ret);
	value_deinit(&value);
	return rc;
}

PyObject *value_unpack(const void *packed, int size)
{
	int64_t header[HEADER_INTS];
	PyObject *object = NULL;
	struct value value;
	int position = 0;

	if (mpi_check(MPI_Unpack(packed, size, &position, header, HEADER_INTS, MPI_INT64_T, mpi.comm)) < 0 ||
	    value_alloc((enum value_kind)header[0], (enum value_shape)header[1], header[2], &value) < 0)
		return NULL;
	if (mpi_check(MPI_Unpack(packed, size, &position, value.data, value.count, value_type(value.kind),
				 mpi.comm)) == 0)
		object = value_decode(&value);
	value_deinit(&value);
	return object;
}
