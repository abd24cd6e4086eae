Nonterminals expr.
Terminals int float '+' '-' '*' '/' '(' ')'.
Rootsymbol expr.
Left 100 '+'.
Left 100 '-'.
Left 200 '*'.
Left 200 '/'.
expr -> expr '+' expr : '$1' + '$3'.
expr -> expr '-' expr : '$1' - '$3'.
expr -> expr '*' expr : '$1' * '$3'.
expr -> expr '/' expr : '$1' / '$3'.
expr -> '(' expr ')' : '$2'.
expr -> int : element(3, '$1').
expr -> float : element(3, '$1').
Erlang code.
