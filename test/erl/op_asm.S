%% SPDX-License-Identifier: Apache-2.0
%% Instructions that no Erlang source brings OTP 25's compiler to write; op_rare_test calls these functions.
{module, op_asm}.
{exports, [{is_ne,2},{allocate_zero,1}]}.
{attributes, []}.
{labels, 6}.

{function, is_ne, 2, 2}.
  {label,1}.
    {func_info,{atom,op_asm},{atom,is_ne},2}.
  {label,2}.
    {test,is_ne,{f,3},[{x,0},{x,1}]}.
    {move,{atom,differ},{x,0}}.
    return.
  {label,3}.
    {move,{atom,same},{x,0}}.
    return.

{function, allocate_zero, 1, 5}.
  {label,4}.
    {func_info,{atom,op_asm},{atom,allocate_zero},1}.
  {label,5}.
    {allocate_zero,2,1}.
    {move,{x,0},{y,1}}.
    {call_ext,0,{extfunc,erlang,garbage_collect,0}}.
    {move,{y,1},{x,0}}.
    {deallocate,2}.
    return.
