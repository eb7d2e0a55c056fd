/* SPDX-License-Identifier: BSD-3-Clause */
/* The same as nested, linked for fixed addresses. */
#include "nested.c"
