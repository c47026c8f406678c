/* The scoring loop of the linear model. It stands for the native code that real inference
 * libraries bring along: it needs a compiler to build and none to run. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject* dot(PyObject* self, PyObject* args) {
  PyObject* weights;
  PyObject* features;
  (void)self;
  if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &weights, &PyList_Type, &features)) {
    return NULL;
  }
  const Py_ssize_t size = PyList_Size(weights);
  if (size != PyList_Size(features)) {
    PyErr_SetString(PyExc_ValueError, "weights and features differ in length");
    return NULL;
  }
  double sum = 0;
  for (Py_ssize_t i = 0; i < size; ++i) {
    sum += PyFloat_AsDouble(PyList_GetItem(weights, i)) *
           PyFloat_AsDouble(PyList_GetItem(features, i));
  }
  return PyErr_Occurred() ? NULL : PyFloat_FromDouble(sum);
}

static PyMethodDef methods[] = {
    {"dot", dot, METH_VARARGS, "Dot product of two lists of floats."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_linear", NULL, -1, methods,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__linear(void) {
  return PyModule_Create(&module);
}
