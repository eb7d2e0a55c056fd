/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables of which several files need a part, each row written once:
 *
 *     #define COLOURS(ROW) \
 *         ROW(COLOUR_RED, "red", "as a tomato", .paint = paint_red) \
 *         ROW(COLOUR_BLUE, "blue", "as the sea", .paint = paint_blue)
 *
 *     enum colour { COLOURS(ROW_CONSTANT) COLOUR_N };
 *     const char *const colour_names[] = { COLOURS(ROW_NAME) NULL };
 *     static const struct conf_choice colours[] = { COLOURS(ROW_CHOICE) { 0 } };
 *     static const struct colour_ops ops[] = { COLOURS(ROW_ACTS) };
 *
 * What stands behind the help belongs to the one file that acts on a row, and is seen by no other: a row may
 * name functions of that file, whatever header it is in.
 */
#ifndef LIB_ROWS_H
#define LIB_ROWS_H

#define ROW_CONSTANT(constant, ...) constant,
#define ROW_NAME(constant, name, ...) [constant] = name,
#define ROW_CHOICE(constant, name, help, ...) [constant] = { name, help }, /* struct conf_choice */
#define ROW_ACTS(constant, name, help, ...) [constant] = { name, __VA_ARGS__ }, /* the name is the first member */

#endif
