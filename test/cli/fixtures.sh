# SPDX-License-Identifier: Apache-2.0
# fixtures.sh -- small inputs of every kind that `mote build` takes, made in $work.

mkdir -p "$work/src"
cat >"$work/src/hello.erl" <<'END'
-module(hello).
-export([main/0, other/1, three/3]).
main() -> io:format("Hello from ~p~n", [?MODULE]), helper:help().
other(Arguments) -> io:format("~p~n", [Arguments]).
three(A, B, C) -> {A, B, C}.
END
cat >"$work/src/helper.erl" <<'END'
-module(helper).
-export([help/0]).
help() -> ok.
END
cat >"$work/src/library.erl" <<'END'
-module(library).
-export([nothing_to_start/1]).
nothing_to_start(X) -> X.
END
cat >"$work/src/secret.erl" <<'END'
-module(secret).
-export([start/0]).
start() -> public_key:pem_decode(<<>>).
END
printf -- '-module(broken).\n-export([main/0]).\nmain( -> ok.\n' >"$work/src/broken.erl"
mkdir -p "$work/beams"
erlc +debug_info -o "$work/beams" "$work/src/hello.erl" "$work/src/helper.erl"

# make_app FOLDER NAME NEEDS [EXTRA]: an application with a supervisor and a priv folder.
make_app() {
    mkdir -p "$1/ebin" "$1/priv/deep" "$1/src"
    cat >"$1/src/$2_app.erl" <<END
-module($2_app).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1]).
start(_, _) -> io:format("$2 starts~n"), supervisor:start_link(?MODULE, []).
stop(_) -> ok.
init([]) -> {ok, {#{}, []}}.
END
    erlc +debug_info -o "$1/ebin" "$1/src/$2_app.erl"
    cat >"$1/ebin/$2.app" <<END
{application, $2,
 [{description, "a fixture"}, {vsn, "1.2.3"}, {modules, [$2_app]}, {registered, []},
  {applications, [kernel, stdlib$3]}, {mod, {$2_app, []}}${4:-}]}.
END
    echo data >"$1/priv/deep/data.txt"
    printf '\177ELFnative' >"$1/priv/native.so"
}

# Applications side by side, as rebar3 leaves them in _build/default/lib.
make_app "$work/tree/lib/top" top ", middle, mnesia"
make_app "$work/tree/lib/middle" middle "" ", {optional_applications, [not_there]}"
make_app "$work/tree/lib/unused" unused ""
make_app "$work/alone" needy ", no_such_application"

# make_release FOLDER: what rebar3 and mix have in common.
make_release() {
    make_app "$1/lib/shop-1.2.3" shop ", parts"
    make_app "$1/lib/parts-1.2.3" parts ""
    mkdir -p "$1/releases/0.9.0"
    printf '13.1.5 0.9.0\n' >"$1/releases/start_erl.data"
    cat >"$1/releases/0.9.0/shop.rel" <<END
{release, {"shop", "0.9.0"}, {erts, "13.1.5"},
 [{kernel, "8.5.3"}, {stdlib, "4.2"}, {parts, "1.2.3", transient}, {shop, "1.2.3"},
  {sasl, "4.2", load}]}.
END
    printf '[{shop, [{port, 80}]}].\n' >"$1/releases/0.9.0/sys.config"
    cat >"$1/releases/0.9.0/vm.args" <<'END'
# a comment
-name shop@localhost
-setcookie secret
+P 100000
-shop color 'dark green'
END
}
make_release "$work/rebar/_build/default/rel/shop"
make_release "$work/mix/_build/prod/rel/shop"
mkdir -p "$work/mix/_build/prod/rel/shop/releases/0.9.0/consolidated"
cp "$work/beams/helper.beam" "$work/mix/_build/prod/rel/shop/releases/0.9.0/consolidated"
make_release "$work/late"
sed -i '1i %% RUNTIME_CONFIG=true' "$work/late/releases/0.9.0/sys.config"
touch "$work/rebar/rebar.config" "$work/mix/mix.exs"

mkdir -p "$work/data/inner"
echo words >"$work/data/words.txt"
echo more >"$work/data/inner/more.txt"
