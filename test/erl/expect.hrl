%% SPDX-License-Identifier: Apache-2.0
%% ?T(Expression): one case.  ?V(Value): the same value, unknown to the compiler.
-define(T(Expr), expect:t(?LINE, fun() -> Expr end)).
-define(V(Value), (expect:v(Value))).
