/* The one loop of the hub that Python is too slow for. What it does and promises: speedups.pyi. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <limits.h>
#include <sys/socket.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* Python ignores SIGPIPE */
#endif

/* The descriptors of a sequence in memory of our own, since it is read without the GIL. */
static int *
descriptors(PyObject *sequence, Py_ssize_t count)
{
    int *fds = PyMem_New(int, count ? count : 1);
    if (fds == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        long fd = PyLong_AsLong(PySequence_Fast_GET_ITEM(sequence, i));
        if (fd < 0 || fd > INT_MAX) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "a descriptor is a number from 0 on");
            }
            PyMem_Free(fds);
            return NULL;
        }
        fds[i] = (int)fd;
    }
    return fds;
}

/* [(index, bytes sent)] of those that did not take everything. */
static PyObject *
not_whole(const Py_ssize_t *sent, Py_ssize_t count, Py_ssize_t size)
{
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        if (sent[i] == size) {
            continue;
        }
        PyObject *one = Py_BuildValue("(nn)", i, sent[i]);
        if (one == NULL || PyList_Append(list, one) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(one);
    }
    return list;
}

static PyObject *
send_all(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *given, *sequence = NULL, *told = NULL;
    Py_buffer data;
    int *fds = NULL;
    Py_ssize_t *sent = NULL;

    if (!PyArg_ParseTuple(args, "Oy*:send_all", &given, &data)) {
        return NULL;
    }
    sequence = PySequence_Fast(given, "send_all() takes a sequence of descriptors");
    if (sequence == NULL) {
        goto end;
    }
    Py_ssize_t count = PySequence_Fast_GET_SIZE(sequence), whole = 0;
    fds = descriptors(sequence, count);
    if (fds == NULL) {
        goto end;
    }
    sent = PyMem_New(Py_ssize_t, count ? count : 1);
    if (sent == NULL) {
        PyErr_NoMemory();
        goto end;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t n = send(fds[i], data.buf, (size_t)data.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent[i] = n < 0 ? 0 : n;
        whole += sent[i] == data.len;
    }
    Py_END_ALLOW_THREADS
    told = whole == count ? PyList_New(0) : not_whole(sent, count, data.len);
end:
    PyMem_Free(sent);
    PyMem_Free(fds);
    Py_XDECREF(sequence);
    PyBuffer_Release(&data);
    return told;
}

static PyMethodDef methods[] = {
    {"send_all", send_all, METH_VARARGS, "Sends the same bytes to many sockets; (index, bytes sent) of those that did not take all."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "hub.speedups",
    .m_doc = "The hub's write to many sockets, in C.",
    .m_size = 0,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_speedups(void)
{
    return PyModuleDef_Init(&module);
}
