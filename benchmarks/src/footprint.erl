%% What a process weighs that has had its first message and waits for the next: prints bytes.
-module(footprint).
-export([main/1]).

main(_) ->
    spawn_waiting(1000),
    Before = erlang:memory(total),
    Number = 100000,
    Processes = spawn_waiting(Number),
    Bytes = (erlang:memory(total) - Before) div Number,
    Number = length(Processes),
    io:format("~w~n", [Bytes]),
    halt(0).

spawn_waiting(Number) ->
    Self = self(),
    Processes = [spawn(fun() -> wait(Self) end) || _ <- lists:seq(1, Number)],
    [Process ! first || Process <- Processes],
    [receive {had, Process} -> ok end || Process <- Processes],
    Processes.

wait(Teller) ->
    receive
        first -> Teller ! {had, self()}, wait(Teller);
        _ -> wait(Teller)
    end.
