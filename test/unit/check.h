/* SPDX-License-Identifier: Apache-2.0 */
/* check.h -- for hosted unit tests: CHECK counts failures, check_result() is main's answer. */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <stdio.h>

static int checks_failed;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            checks_failed++;                                                                       \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
        }                                                                                          \
    } while (0)

static inline int check_result(void) { return checks_failed != 0; }

#endif
