CC := gcc
CFLAGS := -O0
INCLUDES :=
PYTHON_CFLAGS := -I/python/include
DEBUG_CFLAGS := -g
LINK_FLAGS := -Wl,--hash-style=gnu -Wl,--build-id=sha1 
INDEX := 
INDEX_SECTION := 
PROGRAM_CFLAGS := -fPIE
PROGRAM_LDFLAGS := -pie
MPICC := mpicc
PYTHON_LIBS := -lpython3.9
