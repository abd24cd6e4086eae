/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h -- natives of module mote_agent: the channel to the agent of the host, in frames (abi/agent.h).
 *
 * A folder of its own, for this is neither file nor network: what the host's side offers to Erlang, over a channel.  What the
 * frames say is Erlang's (otp/src/mote_agent.erl); here they are only cut and put together.
 */
#ifndef HOST_AGENT_H
#define HOST_AGENT_H

#include "code/native.h"

extern const struct native_table agent_natives;

/* The memory is out of a snapshot: the agent is another, or there is none. */
struct plat_boot;
void agent_resume(const struct plat_boot *boot);

#endif
