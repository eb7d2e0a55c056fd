/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reduce and allreduce. Numbers of one native kind on all ranks go through MPI's own
 * operators. Ints whose sum or product might leave 64 bits, mixed numbers and all other
 * objects are gathered as pickles and folded in rank order by Python's operators.
 *
 * A list or tuple of numbers is reduced element by element, and must be of one length
 * on all ranks; anything else is one operand (so strings add up to a longer string).
 * A bool counts as an int. The logical operators give bools.
 *
 * Invariant: which path is taken follows from agreed values only, so all ranks take one.
 */
#include "mpi_module.h"

#include <string.h>

enum fold { FOLD_NUMBER, FOLD_LESS, FOLD_GREATER, FOLD_AND, FOLD_OR, FOLD_XOR };

static const struct reduce_op {
	const char *name;
	MPI_Op op;
	enum fold fold;
	binaryfunc number;  /* FOLD_NUMBER: Python's operator */
	bool is_logical;
	bool is_bitwise;    /* MPI has it for ints only */
	bool may_overflow;
} reduce_ops[] = {
	{ "MIN", MPI_MIN, .fold = FOLD_LESS },
	{ "MAX", MPI_MAX, .fold = FOLD_GREATER },
	{ "SUM", MPI_SUM, .number = PyNumber_Add, .may_overflow = true },
	{ "PROD", MPI_PROD, .number = PyNumber_Multiply, .may_overflow = true },
	{ "LAND", MPI_LAND, .fold = FOLD_AND, .is_logical = true },
	{ "LOR", MPI_LOR, .fold = FOLD_OR, .is_logical = true },
	{ "LXOR", MPI_LXOR, .fold = FOLD_XOR, .is_logical = true },
	{ "BAND", MPI_BAND, .number = PyNumber_And, .is_bitwise = true },
	{ "BOR", MPI_BOR, .number = PyNumber_Or, .is_bitwise = true },
	{ "BXOR", MPI_BXOR, .number = PyNumber_Xor, .is_bitwise = true },
};
#define N_OPS ((int)(sizeof(reduce_ops) / sizeof(reduce_ops[0])))

/* Kinds as agreed: a value_kind, plus this for a list or tuple of numbers. */
#define KIND_SEQUENCE 8

/* One rank's operand, before it is known which path it takes. */
struct operand {
	PyObject *object;     /* borrowed */
	enum value_shape shape;
	bool is_sequence;     /* list or tuple of numbers */
	struct value value;   /* its native form, unless value.kind is VALUE_PICKLE */
	int64_t magnitude;
};

int reduce_add_operators(PyObject *module)
{
	for (int i = 0; i < N_OPS; i++)
		if (PyModule_AddStringConstant(module, reduce_ops[i].name, reduce_ops[i].name) < 0)
			return -1;
	return 0;
}

static int op_find(const char *name)
{
	for (int i = 0; i < N_OPS; i++)
		if (strcmp(reduce_ops[i].name, name) == 0)
			return i;
	PyErr_Format(PyExc_ValueError, "unknown operator '%s'", name);
	return -1;
}

static enum value_kind number_kind(PyObject *number, const struct reduce_op *op)
{
	int overflow;

	if (op->is_logical)
		return VALUE_INT;
	if (PyFloat_CheckExact(number))
		return op->is_bitwise ? VALUE_PICKLE : VALUE_FLOAT;
	if (!PyLong_Check(number))
		return VALUE_PICKLE;
	PyLong_AsLongLongAndOverflow(number, &overflow);
	return overflow ? VALUE_PICKLE : VALUE_INT;
}

static int operand_store(struct operand *operand, const struct reduce_op *op, PyObject *number, int i)
{
	int64_t value;

	if (operand->value.kind == VALUE_FLOAT) {
		((double *)operand->value.data)[i] = PyFloat_AS_DOUBLE(number);
		return 0;
	}
	value = op->is_logical ? PyObject_IsTrue(number) : PyLong_AsLongLong(number);
	if (value == -1 && PyErr_Occurred())
		return -1;
	((int64_t *)operand->value.data)[i] = value;
	if (value < 0)
		value = value == INT64_MIN ? INT64_MAX : -value;
	if (value > operand->magnitude)
		operand->magnitude = value;
	return 0;
}

static bool is_number(PyObject *object)
{
	return PyLong_Check(object) || PyFloat_Check(object);
}

/* Sorts the operand into its kind; -1 with an exception set. operand->value is to be freed. */
static int operand_init(struct operand *operand, PyObject *object, const struct reduce_op *op)
{
	PyObject **items = &object;
	Py_ssize_t count = 1;
	enum value_kind kind = VALUE_PICKLE;

	*operand = (struct operand){ .object = object, .value = { .kind = VALUE_PICKLE } };
	if (PyList_Check(object) || PyTuple_Check(object)) {
		operand->shape = PyList_Check(object) ? SHAPE_LIST : SHAPE_TUPLE;
		items = PySequence_Fast_ITEMS(object);
		count = PySequence_Fast_GET_SIZE(object);
		operand->is_sequence = true;
		for (Py_ssize_t i = 0; i < count && operand->is_sequence; i++)
			operand->is_sequence = is_number(items[i]);
		if (!operand->is_sequence) {
			operand->shape = SHAPE_SCALAR;
			items = &object;
			count = 1;
		}
	}
	kind = count ? number_kind(items[0], op) : VALUE_INT;
	for (Py_ssize_t i = 1; i < count && kind != VALUE_PICKLE; i++)
		if (number_kind(items[i], op) != kind)
			kind = VALUE_PICKLE;
	if (kind == VALUE_PICKLE) {
		operand->value.count = operand->is_sequence ? (int)count : 1;
		return 0;
	}
	if (value_alloc(kind, operand->shape, count, &operand->value) < 0)
		return -1;
	for (int i = 0; i < operand->value.count; i++)
		if (operand_store(operand, op, items[i], i) < 0)
			return -1;
	return 0;
}

/* True if no order of MPI's partial results can leave 64 bits. */
static bool fits(const struct reduce_op *op, int64_t magnitude)
{
	int64_t bound = magnitude;

	if (!op->may_overflow)
		return true;
	for (int i = 1; i < mpi.size; i++)
		if (op->op == MPI_SUM ? __builtin_add_overflow(bound, magnitude, &bound)
				      : __builtin_mul_overflow(bound, magnitude, &bound))
			return false;
	return true;
}

/* --- native path ------------------------------------------------------------------ */

static PyObject *native_result(const struct value *result, const struct reduce_op *op)
{
	PyObject *object, *truths;

	object = value_decode(result);
	if (!object || !op->is_logical)
		return object;
	if (result->shape == SHAPE_SCALAR) {
		truths = PyBool_FromLong(*(int64_t *)result->data != 0);
	} else {
		truths = PyList_New(result->count);
		for (int i = 0; truths && i < result->count; i++)
			PyList_SET_ITEM(truths, i, PyBool_FromLong(((int64_t *)result->data)[i] != 0));
		if (truths && result->shape == SHAPE_TUPLE)
			Py_SETREF(truths, PyList_AsTuple(truths));
	}
	Py_DECREF(object);
	return truths;
}

static PyObject *reduce_native(const struct value *value, const struct reduce_op *op, int root, bool is_all)
{
	PyObject *object = NULL;
	struct value result;
	int rc;

	/* Out of memory here leaves the others waiting; the host then aborts the job. */
	if (value_alloc(value->kind, value->shape, value->count, &result) < 0)
		return NULL;
	if (is_all)
		rc = MPI_TRY(MPI_Allreduce(value->data, result.data, value->count, value_type(value->kind), op->op,
					   mpi.comm));
	else
		rc = MPI_TRY(MPI_Reduce(value->data, result.data, value->count, value_type(value->kind), op->op,
					root, mpi.comm));
	if (rc == 0)
		object = is_all || mpi.rank == root ? native_result(&result, op) : py_ref(Py_None);
	value_deinit(&result);
	return object;
}

/* --- Python path ------------------------------------------------------------------ */

static PyObject *fold_pair(const struct reduce_op *op, PyObject *a, PyObject *b)
{
	int truth_a, truth_b;

	switch (op->fold) {
	case FOLD_NUMBER:
		return op->number(a, b);
	case FOLD_LESS:
	case FOLD_GREATER:
		truth_b = PyObject_RichCompareBool(b, a, op->fold == FOLD_LESS ? Py_LT : Py_GT);
		return truth_b < 0 ? NULL : py_ref(truth_b ? b : a);
	case FOLD_AND:
	case FOLD_OR:
	case FOLD_XOR:
		break;
	}
	truth_a = PyObject_IsTrue(a);
	truth_b = PyObject_IsTrue(b);
	if (truth_a < 0 || truth_b < 0)
		return NULL;
	return PyBool_FromLong(op->fold == FOLD_AND  ? truth_a && truth_b
			       : op->fold == FOLD_OR ? truth_a || truth_b
						     : truth_a != truth_b);
}

/* Folds two lists or tuples of one length into a new list. */
static PyObject *fold_sequences(const struct reduce_op *op, PyObject *a, PyObject *b)
{
	Py_ssize_t count = PySequence_Fast_GET_SIZE(a);
	PyObject *result = PyList_New(count);

	for (Py_ssize_t i = 0; result && i < count; i++) {
		PyObject *element = fold_pair(op, PySequence_Fast_GET_ITEM(a, i), PySequence_Fast_GET_ITEM(b, i));

		if (element)
			PyList_SET_ITEM(result, i, element);
		else
			Py_CLEAR(result);
	}
	return result;
}

static PyObject *fold_pickles(const struct reduce_op *op, bool is_sequence, const char *pickles, const int *sizes,
			      const int *offsets)
{
	PyObject *result = NULL;

	for (int i = 0; i < mpi.size; i++) {
		struct value pickle = { .count = sizes[i], .data = (char *)pickles + offsets[i] };
		PyObject *object = value_decode(&pickle);
		PyObject *folded = NULL;

		if (object)
			folded = !result       ? py_ref(object)
				 : is_sequence ? fold_sequences(op, result, object)
					       : fold_pair(op, result, object);
		Py_XDECREF(object);
		Py_XDECREF(result);
		result = folded;
		if (!result)
			return NULL;
	}
	return result;
}

/* On the ranks that fold: the result. The root of a reduce tells the others whether it failed. */
static PyObject *reduce_gathered(const struct value *pickle, const struct operand *operand, const struct reduce_op *op,
				 bool is_sequence, const struct agreement *agreement, bool is_all)
{
	bool folds = is_all || mpi.rank == agreement->root;
	int *sizes = PyMem_RawMalloc(2 * (size_t)mpi.size * sizeof(int));
	int *offsets = sizes + mpi.size;
	char *pickles = folds ? PyMem_RawMalloc((size_t)mpi.size * (size_t)agreement->bytes) : NULL;
	PyObject *result = NULL;
	int rc = -1, failed;

	if (!sizes || (folds && !pickles)) {
		PyErr_NoMemory();
	} else {
		rc = MPI_TRY(MPI_Allgather(&pickle->count, 1, MPI_INT, sizes, 1, MPI_INT, mpi.comm));
		for (int i = 0, offset = 0; rc == 0 && i < mpi.size; offset += sizes[i++])
			offsets[i] = offset;
	}
	if (rc == 0 && is_all)
		rc = MPI_TRY(MPI_Allgatherv(pickle->data, pickle->count, MPI_BYTE, pickles, sizes, offsets, MPI_BYTE,
					    mpi.comm));
	else if (rc == 0)
		rc = MPI_TRY(MPI_Gatherv(pickle->data, pickle->count, MPI_BYTE, pickles, sizes, offsets, MPI_BYTE,
					 agreement->root, mpi.comm));
	if (rc == 0 && folds)
		result = fold_pickles(op, is_sequence, pickles, sizes, offsets);
	if (result && is_sequence && operand->shape == SHAPE_TUPLE)
		Py_SETREF(result, PySequence_Tuple(result));
	else if (result && is_sequence)
		Py_SETREF(result, PySequence_List(result));
	failed = folds && !result;
	if (rc == 0 && !is_all && MPI_TRY(MPI_Bcast(&failed, 1, MPI_INT, agreement->root, mpi.comm)) == 0 && !folds) {
		if (failed)
			PyErr_Format(mpi.error, "reduce failed on its root, rank %d", agreement->root);
		else
			result = py_ref(Py_None);
	}
	PyMem_RawFree(sizes);
	PyMem_RawFree(pickles);
	return result;
}

static PyObject *reduce_objects(const struct operand *operand, const struct reduce_op *op, bool is_sequence,
				struct agreement *agreement, bool is_all)
{
	PyObject *result = NULL;
	struct value pickle = { 0 };

	agreement->failed = value_pickle(operand->object, &pickle) < 0;
	agreement->bytes = pickle.count;
	if (collective_agree(agreement) == 0)
		result = reduce_gathered(&pickle, operand, op, is_sequence, agreement, is_all);
	value_deinit(&pickle);
	return result;
}

PyObject *reduce_values(PyObject *object, const char *operator_name, int root, bool is_all)
{
	struct agreement agreement = { .function = is_all ? CALL_ALLREDUCE : CALL_REDUCE, .root = root };
	int op_index = op_find(operator_name);
	const struct reduce_op *op = op_index < 0 ? NULL : &reduce_ops[op_index];
	struct operand operand = { .object = object };
	bool is_sequence, is_native;
	PyObject *result = NULL;

	agreement.op = op_index;
	agreement.failed = !op || root_check(root) < 0 || operand_init(&operand, object, op) < 0;
	agreement.kind_min = agreement.kind_max = operand.value.kind + (operand.is_sequence ? KIND_SEQUENCE : 0);
	agreement.count_min = agreement.count_max = operand.value.count;
	agreement.magnitude = operand.magnitude;
	if (collective_agree(&agreement) == 0) {
		is_sequence = agreement.kind_min >= KIND_SEQUENCE;
		is_native = agreement.kind_min == agreement.kind_max && operand.value.kind != VALUE_PICKLE &&
			    (operand.value.kind != VALUE_INT || fits(op, agreement.magnitude));
		if (is_sequence && agreement.count_min != agreement.count_max)
			PyErr_Format(PyExc_ValueError, "%s of lists of different lengths (%lld to %lld)",
				     is_all ? "allreduce" : "reduce", (long long)agreement.count_min,
				     (long long)agreement.count_max);
		else if (is_native)
			result = reduce_native(&operand.value, op, root, is_all);
		else
			result = reduce_objects(&operand, op, is_sequence, &agreement, is_all);
	}
	value_deinit(&operand.value);
	return result;
}
