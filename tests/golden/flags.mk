CC := gcc
CFLAGS := -O0 -g
INCLUDES :=
PYTHON_CFLAGS := -I/python/include
MPICC := mpicc
PYTHON_LIBS := -lpython3.9
