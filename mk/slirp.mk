# SPDX-License-Identifier: Apache-2.0
# slirp.mk -- user-mode networking: libslirp, from Debian's source package, compiled into the monitor.
#
# Included by monitor.mk.  Debian's library is a shared one, and wants GLib; build/mote is one static
# file.  What libslirp uses of GLib stands in monitor/slirp.  SLIRP_OBJECTS belongs to MONITOR_OBJECTS.

SLIRP_VERSION := 4.7.0
SLIRP_DIR     := build/slirp
SLIRP_SOURCES := $(addprefix $(SLIRP_DIR)/src/,$(addsuffix .c,arp_table bootp cksum dhcpv6 dnssearch if \
	ip6_icmp ip6_input ip6_output ip_icmp ip_input ip_output mbuf misc ndp_table sbuf slirp socket state \
	stream tcp_input tcp_output tcp_subr tcp_timer tftp udp udp6 util version vmstate))
SLIRP_HEADERS := $(addprefix $(SLIRP_DIR)/include/slirp/,libslirp.h libslirp-version.h)
SLIRP_OBJECTS := $(SLIRP_SOURCES:$(SLIRP_DIR)/src/%.c=build/monitor/libslirp/%.o) build/monitor/libslirp/answers.o

$(SLIRP_SOURCES) $(SLIRP_HEADERS) &:
	@echo "  fetch   libslirp $(SLIRP_VERSION)"
	@tools/fetch_source libslirp=$(SLIRP_VERSION) $(SLIRP_DIR)
	@sed 's/@SLIRP_VERSION_STRING@/"$(SLIRP_VERSION)"/; s/@SLIRP_MAJOR_VERSION@/4/; s/@SLIRP_MINOR_VERSION@/7/; s/@SLIRP_MICRO_VERSION@/0/' \
	    $(SLIRP_DIR)/src/libslirp-version.h.in > $(SLIRP_DIR)/src/libslirp-version.h
	@mkdir -p $(SLIRP_DIR)/include/slirp
	@cp $(SLIRP_DIR)/src/libslirp.h $(SLIRP_DIR)/src/libslirp-version.h $(SLIRP_DIR)/include/slirp
	@touch $(SLIRP_SOURCES)

# Its warnings are its authors' business.  getnameinfo() is for descriptions that nobody
# reads, and would bring the C library's loader of plug-ins into a static program.
build/monitor/devices/net_user.o: $(SLIRP_HEADERS)
# Datagrams from the host's loopback may be answered: monitor/slirp/inside/answers.c.
build/monitor/libslirp/socket.o: SLIRP_DEFINES := -Dudp_output=slirp_heard -Dudp6_output=slirp_heard6
build/monitor/libslirp/udp.o build/monitor/libslirp/udp6.o: SLIRP_DEFINES := -Dsosendto=slirp_answer
build/monitor/libslirp/answers.o: monitor/slirp/inside/answers.c $(SLIRP_SOURCES) $(SLIRP_HEADERS) monitor/slirp/glib.h mk/slirp.mk mk/monitor.mk | $(HOST_HEADERS)
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(HOST_WARNINGS) $(HOST_CFLAGS) $(HOST_LIBC_CFLAGS) -D_GNU_SOURCE -isystem $(SLIRP_DIR)/src -isystem monitor/slirp -fPIE -fstack-protector-strong \
	    -c $< -o $@
# Its router would look into /etc/resolv.conf for a server, which the sandbox punishes.
build/monitor/libslirp/ip6_icmp.o: SLIRP_DEFINES := -Dget_dns6_addr=slirp_no_server
build/monitor/libslirp/%.o: $(SLIRP_DIR)/src/%.c $(SLIRP_HEADERS) monitor/slirp/glib.h mk/slirp.mk mk/monitor.mk | $(HOST_HEADERS)
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(HOST_LIBC_CFLAGS) -w -D_GNU_SOURCE -DG_LOG_DOMAIN='"Slirp"' -Dgetnameinfo=slirp_getnameinfo $(SLIRP_DEFINES) \
	    -Imonitor/slirp -fPIE -fstack-protector-strong -fno-strict-aliasing -c $< -o $@
