# SPDX-License-Identifier: Apache-2.0
# lwip.mk -- TCP/IP: lwIP, from Debian's source package, compiled with the options in net/lwip.
#
# Included by the Makefile before the fragments that compile.  LWIP_SOURCES is what they compile, LWIP_CFLAGS
# what everything in net/ is compiled with.

LWIP_VERSION := 2.1.3
LWIP_DIR     := build/lwip
LWIP_SOURCES := $(addprefix $(LWIP_DIR)/src/, \
	$(addprefix core/,def.c inet_chksum.c init.c ip.c mem.c memp.c netif.c pbuf.c tcp.c tcp_in.c tcp_out.c timeouts.c udp.c) \
	$(addprefix core/ipv4/,etharp.c icmp.c igmp.c ip4.c ip4_addr.c ip4_frag.c) \
	$(addprefix core/ipv6/,ethip6.c icmp6.c inet6.c ip6.c ip6_addr.c ip6_frag.c mld6.c nd6.c) \
	netif/ethernet.c)
LWIP_CFLAGS  := -Inet/lwip -I$(LWIP_DIR)/src/include

$(LWIP_SOURCES) &:
	@echo "  fetch   lwip $(LWIP_VERSION)"
	@tools/fetch_source lwip=$(LWIP_VERSION) $(LWIP_DIR)

# Its warnings are its authors' business.
$(foreach source,$(LWIP_SOURCES),$(eval CFLAGS_$(source) := -w))
# The clock of TCP is ours (net/stack_timer.c); what stands there for who has none gets another name.
CFLAGS_$(LWIP_DIR)/src/core/timeouts.c += -Dtcp_timer_needed=lwip_timer_needed_nowhere
CFLAGS_$(LWIP_DIR)/src/core/init.c += -DNET_CHECKS_OPTIONS
