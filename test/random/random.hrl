%% SPDX-License-Identifier: Apache-2.0
%% What an expression may use.

-record(env, {
    vars = [] :: [{atom(), term()}],                   % variables that are bound, with their types
    outer = [] :: [{atom(), term()}],                  % in a pattern: what sizes and keys may use
    funs = [] :: [{atom(), [term()], term()}],         % functions of the module that may be called: name, types, result
    depth = 3 :: integer(),                            % how many levels of expressions may follow
    effects = true :: boolean()                        % may it send, receive, make processes?
}).
