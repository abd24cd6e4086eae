# SPDX-License-Identifier: Apache-2.0
# ExUnit with tests of every outcome: what it prints is compared.
ExUnit.start(seed: 0, colors: [enabled: false], timeout: 5000, exclude: [:left_out])

defmodule SampleTest do
  use ExUnit.Case
  import ExUnit.CaptureIO
  import ExUnit.CaptureLog

  setup do
    on_exit(fn -> :ok end)
    {:ok, answer: 42}
  end

  describe "what passes" do
    test "the context", %{answer: answer}, do: assert(answer == 42)
    test "matches", do: assert({:ok, [_ | _]} = {:ok, [1, 2]})
    test "raises", do: assert_raise(ArithmeticError, fn -> 1 / String.length("") end)
    test "receives" do
      send(self(), {:hello, 1})
      assert_receive {:hello, n} when n > 0
      refute_received :other
    end
    test "captures", do: assert(capture_io(fn -> IO.puts("hi") end) == "hi\n")
    test "logs" do
      require Logger
      assert capture_log(fn -> Logger.error("oops") end) =~ "oops"
    end
    test "supervised" do
      pid = start_supervised!({Agent, fn -> %{a: 1} end})
      assert Agent.get(pid, & &1.a) == 1
    end
  end

  describe "what fails" do
    test "equality of maps", do: assert(%{a: 1, b: [1, 2, 3]} == %{a: 1, b: [1, 3, 3]})
    test "equality of strings", do: assert("the quick brown fox" == "the quack brown box")
    test "match", do: assert({:ok, _} = {:error, "no"})
    test "refute", do: refute(1 < 2)
    test "in", do: assert(3 in [1, 2])
    test "raise", do: raise("boom")
    test "exit", do: exit(:gone)
    test "throw", do: throw(:ball)
    test "badmatch", do: :ok = List.first([:error])
    test "no clause", do: String.upcase(:atom)
    test "nothing received", do: assert_receive({:never, _}, 10)
    test "linked crash" do
      spawn_link(fn -> exit(:linked) end)
      Process.sleep(1000)
    end
    test "in delta" do
      assert_in_delta 1.0, 2.0, 0.5
    end
  end

  @tag :left_out
  test "excluded", do: flunk("not run")
  @tag skip: "no reason"
  test "skipped", do: flunk("not run")
  @tag timeout: 100
  test "timeout", do: Process.sleep(10_000)
  test "not implemented"

  doctest Enum, only: [chunk_every: 4, zip: 1, frequencies: 1]
end
