# SPDX-License-Identifier: Apache-2.0
# What an Elixir program uses on an ordinary day; the output must be what stock writes.

IO.puts("Elixir #{System.version()} on OTP #{System.otp_release()}")

# Enum and pipes
1..10 |> Enum.map(&(&1 * &1)) |> Enum.filter(&(rem(&1, 2) == 0)) |> IO.inspect(label: "even squares")
~w(pear apple fig banana) |> Enum.sort_by(&String.length/1) |> IO.inspect()
Enum.group_by(~w(ant bear bat cow cat), &String.first/1) |> IO.inspect()
Enum.reduce(1..100, 0, &+/2) |> IO.inspect(label: "sum")
Enum.zip([1, 2, 3], [:a, :b, :c]) |> Enum.into(%{}) |> IO.inspect()
Enum.chunk_every(1..7, 3) |> IO.inspect()
Enum.with_index(["x", "y"]) |> IO.inspect()
Enum.frequencies(String.graphemes("mississippi")) |> IO.inspect()
for(x <- 1..4, y <- 1..4, x < y, do: {x, y}) |> IO.inspect()
Enum.min_max([3, 1, 2]) |> IO.inspect()
Enum.sort([{2, "b"}, {1, "z"}, {2, "a"}], :desc) |> IO.inspect()

# Stream
Stream.iterate(1, &(&1 * 2)) |> Stream.take_while(&(&1 < 1000)) |> Enum.to_list() |> IO.inspect()
Stream.unfold({0, 1}, fn {a, b} -> {a, {b, a + b}} end) |> Enum.take(15) |> IO.inspect(label: "fib")
Stream.cycle([:red, :green]) |> Stream.with_index() |> Enum.take(5) |> IO.inspect()
1..1_000_000 |> Stream.map(&(&1 * 3)) |> Stream.filter(&(rem(&1, 7) == 0)) |> Enum.take(3) |> IO.inspect()

# Map, Keyword, MapSet, structs
m = %{a: 1, b: %{c: [1, 2, %{d: "deep"}]}}
IO.inspect(put_in(m.b.c, :changed))
IO.inspect(get_in(m, [:b, :c, Access.at(2), :d]))
IO.inspect(Map.merge(%{a: 1, b: 2}, %{b: 3, c: 4}, fn _k, x, y -> x + y end))
IO.inspect(Keyword.get([a: 1, b: 2], :b))
IO.inspect(MapSet.union(MapSet.new([1, 2]), MapSet.new([2, 3])) |> Enum.sort())
IO.inspect(Map.new(1..40, &{&1, &1 * &1}) |> Map.take([1, 20, 40]))

defmodule Point do
  defstruct x: 0, y: 0
  def add(%Point{} = p, dx, dy), do: %{p | x: p.x + dx, y: p.y + dy}
end

defprotocol Area do
  def of(shape)
end

defimpl Area, for: Point do
  def of(_), do: 0
end

defimpl Area, for: Tuple do
  def of({:square, a}), do: a * a
  def of({:circle, r}), do: Float.round(3.14159 * r * r, 2)
end

IO.inspect(Point.add(struct(Point, x: 1), 2, 3))
IO.inspect([Area.of(struct(Point)), Area.of({:square, 4}), Area.of({:circle, 2.0})])

# GenServer
defmodule Stack do
  use GenServer
  def start_link(initial), do: GenServer.start_link(__MODULE__, initial, name: __MODULE__)
  def push(x), do: GenServer.cast(__MODULE__, {:push, x})
  def pop, do: GenServer.call(__MODULE__, :pop)

  @impl true
  def init(list), do: {:ok, list}
  @impl true
  def handle_call(:pop, _from, [h | t]), do: {:reply, h, t}
  @impl true
  def handle_cast({:push, x}, list), do: {:noreply, [x | list]}
end

{:ok, _} = Supervisor.start_link([{Stack, [:bottom]}], strategy: :one_for_one)
Stack.push(1)
Stack.push({:two, 2.0})
IO.inspect([Stack.pop(), Stack.pop(), Stack.pop()], label: "stack")

# Task and Agent
1..8 |> Enum.map(fn n -> Task.async(fn -> n * n end) end) |> Enum.map(&Task.await/1) |> IO.inspect(label: "tasks")
Task.async_stream(1..5, fn n -> n + 100 end) |> Enum.map(fn {:ok, v} -> v end) |> IO.inspect()
{:ok, agent} = Agent.start_link(fn -> %{} end)
Agent.update(agent, &Map.put(&1, :k, "v"))
IO.inspect(Agent.get(agent, & &1))

# String
IO.puts(String.upcase("straße") <> " " <> String.capitalize("élan") <> " " <> String.reverse("noël"))
IO.inspect(String.split("a, b, c", ", "))
IO.inspect(String.pad_leading("42", 6, "0"))
IO.inspect({String.length("e\u0301x"), byte_size("e\u0301x"), String.graphemes("e\u0301x")})
IO.inspect(String.replace("a-b-c", "-", "+"))
IO.inspect(String.jaro_distance("martha", "marhta"))
IO.inspect("binary\0with" <> <<200>>)
IO.inspect('charlist')
IO.puts(:io_lib.format("~5.2f|~-6s|~4..0b", [3.14159, "ab", 7]))

# inspect, errors, dates
IO.inspect(%{1 => [a: 1, b: [1.5, nil, true]], "k" => {:t, self() |> is_pid()}}, limit: 5, pretty: true, width: 40)
IO.inspect(1..3)
IO.inspect(&Enum.map/2)
IO.inspect({1_000_000_007, 2 ** 100, 1.0e-10, 0.1 + 0.2})

try do
  raise ArgumentError, "on purpose"
rescue
  e in ArgumentError -> IO.puts("rescued: " <> Exception.message(e))
end

try do
  %{a: 1}.b
rescue
  e -> IO.puts(Exception.format(:error, e))
end

IO.inspect(catch_result = (try do throw(:ball) catch x -> {:caught, x} end))
with {:ok, a} <- Map.fetch(%{x: 1}, :x), {:ok, b} <- Map.fetch(%{}, :y) do
  IO.inspect({a, b})
else
  :error -> IO.puts("with: no such key")
end
_ = catch_result
IO.inspect(Date.add(~D[2024-02-28], 2))
IO.inspect(DateTime.from_unix!(1_700_000_000))
IO.inspect(Integer.digits(12345) |> Enum.sum())
IO.inspect(Code.eval_string("a + b * 2", a: 1, b: 20))
IO.inspect(quote do: 1 + foo(x))
