/* SPDX-License-Identifier: Apache-2.0 */
/* file_port.h -- the driver behind open_port("name", ...), where the name is a file's. */
#ifndef FS_FILE_PORT_H
#define FS_FILE_PORT_H

extern const struct port_driver file_port_driver;

#endif
