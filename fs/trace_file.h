/* SPDX-License-Identifier: Apache-2.0 */
/* trace_file.h -- the driver behind dbg:trace_port(file, ...). */
#ifndef FS_TRACE_FILE_H
#define FS_TRACE_FILE_H

extern const struct port_driver trace_file_driver;

#endif
