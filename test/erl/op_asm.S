%% SPDX-License-Identifier: Apache-2.0
%% Instructions that no Erlang source brings OTP 25's compiler to write; op_rare_test calls these functions.
{module, op_asm}.
{exports, [{is_ne,2},{allocate_zero,1},{bs_append,3},{bs_init2,2},{bs_init_bits,2}]}.
{attributes, []}.
{labels, 12}.

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

%% Before OTP 25 this is how binaries were built: Elixir's own modules are.
{function, bs_append, 3, 7}.
  {label,6}.
    {func_info,{atom,op_asm},{atom,bs_append},3}.
  {label,7}.
    {bs_append,{f,0},{x,2},0,3,8,{x,0},{field_flags,[]},{x,0}}.
    {bs_put_string,1,{string,":"}}.
    {bs_put_binary,{f,0},{atom,all},8,{field_flags,[]},{x,1}}.
    return.

{function, bs_init2, 2, 9}.
  {label,8}.
    {func_info,{atom,op_asm},{atom,bs_init2},2}.
  {label,9}.
    {gc_bif,byte_size,{f,0},2,[{x,0}],{x,2}}.
    {bs_add,{f,0},[{integer,3},{x,2},1],{x,2}}.
    {bs_init2,{f,0},{x,2},0,2,{field_flags,[]},{x,2}}.
    {bs_put_string,1,{string,"#"}}.
    {bs_put_binary,{f,0},{atom,all},8,{field_flags,[]},{x,0}}.
    {bs_put_integer,{f,0},{integer,2},8,{field_flags,[little]},{x,1}}.
    {move,{x,2},{x,0}}.
    return.

{function, bs_init_bits, 2, 11}.
  {label,10}.
    {func_info,{atom,op_asm},{atom,bs_init_bits},2}.
  {label,11}.
    {bs_add,{f,0},[{integer,3},{x,1},4],{x,2}}.
    {bs_init_bits,{f,0},{x,2},0,2,{field_flags,[]},{x,2}}.
    {bs_put_integer,{f,0},{integer,3},1,{field_flags,[]},{x,0}}.
    {bs_put_integer,{f,0},{x,1},4,{field_flags,[]},{x,0}}.
    {move,{x,2},{x,0}}.
    return.
