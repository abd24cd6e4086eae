Definitions.
D = [0-9]
W = [\s\t\r\n]
Rules.
{D}+         : {token, {int, TokenLine, list_to_integer(TokenChars)}}.
{D}+\.{D}+   : {token, {float, TokenLine, list_to_float(TokenChars)}}.
[-+*/()]     : {token, {list_to_atom(TokenChars), TokenLine}}.
{W}+         : skip_token.
Erlang code.
