/* SPDX-License-Identifier: Apache-2.0 */
/* log.h -- what the machine itself has to report: messages to the logger process
 *
 *   {log, Level, Format, Args, #{gl => .., pid => .., time => .., error_logger => ..}}
 *
 * Nobody registered as `logger`: the report goes to standard error.
 */
#ifndef VM_LOG_H
#define VM_LOG_H

#include "process/process.h"

/* level: error, warning, info; format: Latin-1 text for io_lib:format/2; leader: a pid or NIL.
 * args may be on any heap. */
void log_terms(term level, term leader, const char *format, const term *args, size_t count);
/* A text. */
void log_text(term level, term leader, const char *text);

/* An uncaught exception ended p: "Error in process ~p with exit value:~n~p~n". */
void log_crash(struct process *p, term exit_value);
/* The process was killed because there is no memory for it to go on. */
void log_out_of_memory(term pid, size_t heap_words);
extern uint64_t log_exhausted; /* how often that was */
/* p's heap would have this many words, more than its max_heap_size. */
void log_max_heap_size(struct process *p, size_t words);

/* The engine: p ran into an exception that nobody catches.  Reports and process_exit()s.  trace: the
 * complete list for an error or throw. */
void process_crash(struct process *p, enum fault_class class_, term reason, term trace);

/* erlang:system_flag(system_logger, _): logger, undefined or a pid. */
extern term system_logger;

/* {K,V} pairs as in process_info(P, garbage_collection_info), on h. */
term heap_info_list(struct heap *h, const struct process *p);
/* #{error_logger, kill, size} */
term max_heap_size_map(struct heap *h, size_t size, bool kill, bool log);

#endif
