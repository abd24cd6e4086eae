/* SPDX-License-Identifier: Apache-2.0 */
/* version.h -- the version of Mote, written once. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#define MOTE_VERSION "0.1.0"

#endif
