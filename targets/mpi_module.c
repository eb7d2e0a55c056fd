/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module `mpi` itself: its state, its table of functions, and messages between two
 * ranks. MPI errors come back as mpi.Error. Collective calls are in mpi_collective.c.
 *
 * Invariant: no MPI call that can block is made while holding the GIL, if MPI was
 * initialised for several threads; otherwise the GIL keeps threads apart.
 */
#include "mpi_module.h"

#include <structmember.h>

struct mpi_state mpi;

static PyTypeObject *status_type;

int mpi_module_start(int thread_level)
{
	int rc = MPI_Comm_dup(MPI_COMM_WORLD, &mpi.comm);

	if (rc == MPI_SUCCESS)
		rc = MPI_Comm_set_errhandler(mpi.comm, MPI_ERRORS_RETURN);
	if (rc == MPI_SUCCESS)
		rc = MPI_Comm_rank(mpi.comm, &mpi.rank);
	if (rc == MPI_SUCCESS)
		rc = MPI_Comm_size(mpi.comm, &mpi.size);
	mpi.threads = thread_level == MPI_THREAD_MULTIPLE;
	return rc == MPI_SUCCESS ? 0 : -1;
}

void mpi_module_stop(void)
{
	MPI_Comm_free(&mpi.comm);
}

int mpi_check(int rc)
{
	char text[MPI_MAX_ERROR_STRING];
	int len;

	if (rc == MPI_SUCCESS)
		return 0;
	if (MPI_Error_string(rc, text, &len) != MPI_SUCCESS)
		PyErr_Format(mpi.error, "MPI error %d", rc);
	else
		PyErr_SetString(mpi.error, text);
	return -1;
}

/* --- messages between two ranks --------------------------------------------------- */

static int peer_check(const char *what, int rank, bool any)
{
	if ((rank >= 0 && rank < mpi.size) || (any && rank == MPI_ANY_SOURCE))
		return 0;
	PyErr_Format(PyExc_ValueError, "%s %d is not one of the %d ranks", what, rank, mpi.size);
	return -1;
}

static int tag_check(int tag, bool any)
{
	int *upper, found;

	if (mpi_check(MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &upper, &found)) < 0)
		return -1;
	if ((any && tag == MPI_ANY_TAG) || (tag >= 0 && (!found || tag <= *upper)))
		return 0;
	PyErr_Format(PyExc_ValueError, "tag %d is out of range", tag);
	return -1;
}

/* The next message that matches: (object, status). */
static PyObject *receive_message(int source, int tag)
{
	PyObject *object = NULL, *status_object = NULL;
	MPI_Message message;
	MPI_Status status;
	void *packed = NULL;
	int size;

	if (MPI_TRY(MPI_Mprobe(source, tag, mpi.comm, &message, &status)) < 0 ||
	    mpi_check(MPI_Get_count(&status, MPI_PACKED, &size)) < 0)
		return NULL;
	packed = PyMem_RawMalloc((size_t)size);
	if (!packed)
		return PyErr_NoMemory();
	if (MPI_TRY(MPI_Mrecv(packed, size, MPI_PACKED, &message, &status)) == 0)
		object = value_unpack(packed, size);
	PyMem_RawFree(packed);
	if (object)
		status_object = PyStructSequence_New(status_type);
	if (!status_object) {
		Py_XDECREF(object);
		return NULL;
	}
	PyStructSequence_SET_ITEM(status_object, 0, PyLong_FromLong(status.MPI_SOURCE));
	PyStructSequence_SET_ITEM(status_object, 1, PyLong_FromLong(status.MPI_TAG));
	return Py_BuildValue("(NN)", object, status_object);
}

static PyObject *py_send(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static const char *const names[] = { "value", "dest", "tag", NULL };
	PyObject *object;
	int dest, tag = 0, size, rc;
	void *packed;

	(void)self;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Oi|i:send", (char **)names, &object, &dest, &tag) ||
	    peer_check("dest", dest, false) < 0 || tag_check(tag, false) < 0 ||
	    value_encode_packed(object, &packed, &size) < 0)
		return NULL;
	rc = MPI_TRY(MPI_Send(packed, size, MPI_PACKED, dest, tag, mpi.comm));
	PyMem_RawFree(packed);
	return rc < 0 ? NULL : py_ref(Py_None);
}

static PyObject *py_recv(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static const char *const names[] = { "source", "tag", NULL };
	int source = MPI_ANY_SOURCE, tag = MPI_ANY_TAG;

	(void)self;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|ii:recv", (char **)names, &source, &tag) ||
	    peer_check("source", source, true) < 0 || tag_check(tag, true) < 0)
		return NULL;
	return receive_message(source, tag);
}

static PyObject *py_sendrecv(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static const char *const names[] = { "value", "dest", "source", "sendtag", "recvtag", NULL };
	int dest, source = MPI_ANY_SOURCE, sendtag = 0, recvtag = MPI_ANY_TAG, size;
	PyObject *object, *result;
	MPI_Request request;
	void *packed;

	(void)self;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Oi|iii:sendrecv", (char **)names, &object, &dest, &source,
					 &sendtag, &recvtag) ||
	    peer_check("dest", dest, false) < 0 || peer_check("source", source, true) < 0 ||
	    tag_check(sendtag, false) < 0 || tag_check(recvtag, true) < 0 ||
	    value_encode_packed(object, &packed, &size) < 0)
		return NULL;
	if (mpi_check(MPI_Isend(packed, size, MPI_PACKED, dest, sendtag, mpi.comm, &request)) < 0) {
		PyMem_RawFree(packed);
		return NULL;
	}
	result = receive_message(source, recvtag);
	/* The buffer is MPI's until the send is over, whatever became of the receive. */
	if (result) {
		if (MPI_TRY(MPI_Wait(&request, MPI_STATUS_IGNORE)) < 0)
			Py_CLEAR(result);
	} else {
		PyThreadState *save = mpi.threads ? PyEval_SaveThread() : NULL;

		MPI_Wait(&request, MPI_STATUS_IGNORE);
		if (save)
			PyEval_RestoreThread(save);
	}
	PyMem_RawFree(packed);
	return result;
}

/* --- the module ------------------------------------------------------------------- */

static PyObject *py_wtime(PyObject *self, PyObject *ignored)
{
	(void)self;
	(void)ignored;
	return PyFloat_FromDouble(MPI_Wtime());
}

#define KEYWORDS(name, function, doc) \
	{ name, (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS, doc }

static PyMethodDef methods[] = {
	{ "barrier", mpi_py_barrier, METH_NOARGS, "barrier(): returns when all ranks have called it." },
	KEYWORDS("reduce", mpi_py_reduce,
		 "reduce(value, op=SUM, root=0): the values of all ranks reduced, on the root; None elsewhere.\n\n"
		 "Numbers, and lists or tuples of numbers of one length element by element; ints never\n"
		 "overflow. Other objects are folded in rank order by Python's operators."),
	KEYWORDS("allreduce", mpi_py_allreduce, "allreduce(value, op=SUM): as reduce, with the result on all ranks."),
	KEYWORDS("bcast", mpi_py_bcast, "bcast(value=None, root=0): the root's value, on all ranks."),
	KEYWORDS("gather", mpi_py_gather,
		 "gather(value, root=0): list of all ranks' values in rank order, on the root; None elsewhere."),
	KEYWORDS("scatter", mpi_py_scatter,
		 "scatter(values=None, root=0): this rank's element of the root's sequence, which has one per rank."),
	KEYWORDS("send", py_send,
		 "send(value, dest, tag=0): may return before it is received, or wait for that (MPI_Send)."),
	KEYWORDS("recv", py_recv,
		 "recv(source=ANY_SOURCE, tag=ANY_TAG): (object, status); status has source and tag."),
	KEYWORDS("sendrecv", py_sendrecv,
		 "sendrecv(value, dest, source=ANY_SOURCE, sendtag=0, recvtag=ANY_TAG): sends and receives\n"
		 "at once, so that a ring does not deadlock; returns as recv does."),
	{ "wtime", py_wtime, METH_NOARGS, "wtime(): seconds since some time in the past (MPI_Wtime)." },
	{ NULL, NULL, 0, NULL },
};

static struct PyModuleDef module_def = {
	PyModuleDef_HEAD_INIT,
	.m_name = "mpi",
	.m_doc = "MPI of the host program, on a duplicate of MPI_COMM_WORLD.\n\n"
		 "Attributes: rank, size (and procs, the same), name of the processor, ANY_SOURCE, ANY_TAG,\n"
		 "Error, the operators MIN MAX SUM PROD LAND LOR LXOR BAND BOR BXOR.",
	.m_size = -1,
	.m_methods = methods,
};

static int add_attributes(PyObject *module)
{
	static PyStructSequence_Field fields[] = {
		{ "source", "rank that sent the message" }, { "tag", "tag of the message" }, { NULL, NULL } };
	static PyStructSequence_Desc desc = { "mpi.Status", "Where a message came from.", fields, 2 };
	char name[MPI_MAX_PROCESSOR_NAME + 1];
	int len;

	mpi.error = PyErr_NewException("mpi.Error", PyExc_RuntimeError, NULL);
	status_type = PyStructSequence_NewType(&desc);
	if (!mpi.error || !status_type || mpi_check(MPI_Get_processor_name(name, &len)) < 0 ||
	    PyModule_AddStringConstant(module, "name", name) < 0 ||
	    PyModule_AddIntConstant(module, "rank", mpi.rank) < 0 ||
	    PyModule_AddIntConstant(module, "size", mpi.size) < 0 ||
	    PyModule_AddIntConstant(module, "procs", mpi.size) < 0 ||
	    PyModule_AddIntConstant(module, "ANY_SOURCE", MPI_ANY_SOURCE) < 0 ||
	    PyModule_AddIntConstant(module, "ANY_TAG", MPI_ANY_TAG) < 0 ||
	    PyModule_AddObject(module, "Error", py_ref(mpi.error)) < 0 ||
	    PyModule_AddObject(module, "Status", py_ref((PyObject *)status_type)) < 0)
		return -1;
	return reduce_add_operators(module);
}

PyMODINIT_FUNC PyInit_mpi(void)
{
	PyObject *module = PyModule_Create(&module_def);

	if (module && add_attributes(module) < 0)
		Py_CLEAR(module);
	return module;
}
