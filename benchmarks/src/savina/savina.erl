%% The same benchmarks in Erlang. main/1 reads a number of operations a line and writes an answer as JSON a line.
-module(savina).
-export([main/1]).

main(Name) ->
    io:setopts([{binary, false}]),
    loop(list_to_atom(Name)).

loop(Name) ->
    case io:get_line("") of
        eof -> halt(0);
        Line ->
            N = list_to_integer(string:trim(Line)),
            Self = self(),
            Start = erlang:monotonic_time(nanosecond),
            %% In a process of its own, so that a round leaves nothing behind.
            {Pid, Ref} = spawn_monitor(fun() -> run(Name, N, Self) end),
            Result = receive {result, R} -> R; {'DOWN', Ref, _, Pid, Why} when Why =/= normal -> exit(Why) end,
            Nanos = erlang:monotonic_time(nanosecond) - Start,
            erlang:demonitor(Ref, [flush]),
            io:format("{\"nanoseconds\":~w,\"result\":~w}~n", [Nanos, Result]),
            loop(Name)
    end.

random(Seed) ->
    Next = (Seed * 1103515245 + 12345) band 16#7fffffff,
    {Next bsr 8, Next}.

run(pingpong, N, Done) ->
    Pong = spawn(fun pong/0),
    Ping = spawn(fun() -> ping(N, Pong, Done) end),
    Ping ! start;
run(count, N, Done) ->
    Counter = spawn(fun() -> counter(0) end),
    spawn(fun() -> [Counter ! increment || _ <- lists:seq(1, N)], Counter ! {get, Done} end);
run(fjthrput, N, Done) ->
    Collector = spawn(fun() -> sum(60, 0, Done) end),
    Workers = [spawn(fun() -> fjworker(N, N, 0.0, Collector) end) || _ <- lists:seq(1, 60)],
    [[W ! {value, K} || W <- Workers] || K <- lists:seq(0, N - 1)];
run(fjcreate, N, Done) ->
    Collector = spawn(fun() -> sum(N, 0, Done) end),
    [begin
         W = spawn(fun() -> receive {value, V} -> case math:sin(V) > 2 of true -> Collector ! 0; false -> Collector ! 1 end end end),
         W ! {value, K}
     end || K <- lists:seq(0, N - 1)];
run(threadring, N, Done) ->
    Links = [spawn(fun() -> receive {next, X} -> link_loop(X, N, Done) end end) || _ <- lists:seq(1, 100)],
    [L ! {next, X} || {L, X} <- lists:zip(Links, tl(Links) ++ [hd(Links)])],
    hd(Links) ! {token, N};
run(chameneos, N, Done) ->
    Mall = spawn(fun() -> mall(N, none, 0, 0, Done) end),
    [spawn(fun() -> Mall ! {want, self(), K rem 3}, chameneo(Mall, K rem 3, 0) end) || K <- lists:seq(0, 99)];
run(big, N, Done) ->
    Sink = spawn(fun() -> receive {others, O} -> big_sink(120, 0, O, Done) end end),
    Peers = [spawn(fun() -> receive {start, O} -> peer_next(O, N, N, K + 1, Sink) end end) || K <- lists:seq(0, 119)],
    Sink ! {others, Peers},
    Others = list_to_tuple(Peers),
    [P ! {start, Others} || P <- Peers];
run(concdict, N, Done) ->
    Dict = spawn(fun() -> dictionary(#{}) end),
    Collector = spawn(fun() -> dict_collector(20, 0, Dict, Done) end),
    [spawn(fun() -> dict_worker(N, N, K + 1, Dict, Collector) end) || K <- lists:seq(0, 19)];
run(bndbuffer, N, Done) ->
    Buffer = spawn(fun() -> receive {consumers, C} -> buffer(queue:new(), 0, queue:new(), queue:new(), 0, 0, N * 40, C, Done) end end),
    Consumers = [spawn(fun() -> Buffer ! {idle, false, self()}, consumer(Buffer) end) || _ <- lists:seq(1, 40)],
    Buffer ! {consumers, Consumers},
    [spawn(fun() -> producer(N, Buffer) end) || _ <- lists:seq(1, 40)];
run(philosopher, N, Done) ->
    Arbitrator = spawn(fun() -> arbitrator(list_to_tuple([false || _ <- lists:seq(1, 20)]), 0, 0, Done) end),
    [spawn(fun() -> Arbitrator ! {hungry, K, self()}, philosopher(N, N, K, Arbitrator) end) || K <- lists:seq(0, 19)];
run(banking, N, Done) ->
    Accounts = list_to_tuple([spawn(fun() -> account(1000000) end) || _ <- lists:seq(1, 1000)]),
    spawn(fun() -> transfers(N, Accounts, 7), teller(N, N, Accounts, Done) end);
run(trapezoid, N, Done) ->
    Master = spawn(fun() -> area_master(100, 0.0, Done) end),
    Width = 4 / 100,
    [spawn(fun() -> From = 1 + K * Width, P = N div 100, Master ! {part, area(From, Width / P, 0, P, 0.0)} end) || K <- lists:seq(0, 99)];
run(nqueenk, N, Done) ->
    spawn(fun() ->
        Self = self(),
        Workers = list_to_tuple([spawn(fun() -> queen_worker(N, Self) end) || _ <- lists:seq(1, 20)]),
        Next = give([], Workers, 0),
        queen_master(Workers, Next, 1, 0, Done)
    end);
run(fib, N, Done) ->
    spawn(fun() -> Self = self(), spawn(fun() -> fib(N, Self) end), receive {value, V} -> Done ! {result, V} end end);
run(skynet, N, Done) ->
    spawn(fun() -> Self = self(), spawn(fun() -> node(0, N, Self) end), receive {value, V} -> Done ! {result, V} end end);
run(fanin, N, Done) ->
    Receiver = spawn(fun() -> fan(N * 8, N * 8, Done) end),
    [spawn(fun() -> [Receiver ! {n, K} || K <- lists:seq(1, N)] end) || _ <- lists:seq(1, 8)];
run(fairness, N, Done) ->
    spawn(fun() ->
        Self = self(),
        Runners = [spawn(fun() -> runner(0, N, Self) end) || _ <- lists:seq(1, 10)],
        [R ! go || R <- Runners],
        receive first -> ok end,
        [R ! stop || R <- Runners],
        Least = lists:min([receive {handled, H} -> H end || _ <- Runners]),
        Done ! {result, case Least > N div 100 of true -> N; false -> Least end}
    end).

ping(N, Pong, Done) -> receive start -> ok end, ping(N, N, Pong, Done).
ping(0, N, Pong, Done) -> Pong ! stop, Done ! {result, N};
ping(K, N, Pong, Done) -> Pong ! {ping, self()}, receive pong -> ping(K - 1, N, Pong, Done) end.
pong() -> receive {ping, From} -> From ! pong, pong(); stop -> ok end.

counter(N) -> receive increment -> counter(N + 1); {get, To} -> To ! {result, N} end.

sum(0, Sum, Done) -> Done ! {result, Sum};
sum(K, Sum, Done) -> receive N -> sum(K - 1, Sum + N, Done) end.

fjworker(0, N, _, Collector) -> Collector ! N;
fjworker(K, N, Sum, Collector) -> receive {value, V} -> S = math:sin(V), fjworker(K - 1, N, Sum + S * S, Collector) end.

link_loop(Next, N, Done) ->
    receive
        {token, 0} -> Done ! {result, N}, Next ! {stop, 99};
        {token, K} -> Next ! {token, K - 1}, link_loop(Next, N, Done);
        {stop, 0} -> ok;
        {stop, K} -> Next ! {stop, K - 1}
    end.

mall(_, _, 100, Sum, Done) -> Done ! {result, Sum};
mall(Left, Waiting, Ended, Sum, Done) ->
    receive
        {count, C} -> mall(Left, Waiting, Ended + 1, Sum + C, Done);
        {want, From, _} when Left =:= 0 -> From ! exit, mall(Left, Waiting, Ended, Sum, Done);
        {want, From, Color} when Waiting =:= none -> mall(Left, {From, Color}, Ended, Sum, Done);
        {want, From, Color} ->
            {Other, OtherColor} = Waiting,
            Other ! {meet, Color}, From ! {meet, OtherColor},
            mall(Left - 1, none, Ended, Sum, Done)
    end.
chameneo(Mall, Color, Met) ->
    receive
        exit -> Mall ! {count, Met};
        {meet, Other} ->
            New = case Color =:= Other of true -> Color; false -> 3 - Color - Other end,
            Mall ! {want, self(), New}, chameneo(Mall, New, Met + 1)
    end.

peer_next(Others, 0, N, _, Sink) -> Sink ! {pings, N}, peer(Others, -1, N, 0, Sink);
peer_next(Others, Left, N, Seed, Sink) ->
    {R, Next} = random(Seed),
    element(R rem 120 + 1, Others) ! {ping, self()},
    peer(Others, Left - 1, N, Next, Sink).
peer(Others, Left, N, Seed, Sink) ->
    receive
        {ping, From} -> From ! pong, peer(Others, Left, N, Seed, Sink);
        pong -> peer_next(Others, Left, N, Seed, Sink);
        exit -> ok
    end.
big_sink(0, Sum, Others, Done) -> [O ! exit || O <- Others], Done ! {result, Sum};
big_sink(K, Sum, Others, Done) -> receive {pings, N} -> big_sink(K - 1, Sum + N, Others, Done) end.

dictionary(Words) ->
    receive
        {read, Key, From} -> From ! {value, maps:get(Key, Words, 0)}, dictionary(Words);
        {write, Key, Value, From} -> From ! {value, Value}, dictionary(Words#{Key => Value});
        exit -> ok
    end.
dict_worker(0, N, _, _, Collector) -> Collector ! N;
dict_worker(K, N, Seed, Dict, Collector) ->
    {R, Next} = random(Seed),
    Key = R rem 512,
    case (K - 1) rem 10 of 0 -> Dict ! {write, Key, K, self()}; _ -> Dict ! {read, Key, self()} end,
    receive {value, _} -> dict_worker(K - 1, N, Next, Dict, Collector) end.
dict_collector(0, Sum, Dict, Done) -> Dict ! exit, Done ! {result, Sum};
dict_collector(K, Sum, Dict, Done) -> receive N -> dict_collector(K - 1, Sum + N, Dict, Done) end.

burn(Seed) -> burn(25, Seed + 1.0).
burn(0, V) -> V;
burn(K, V) -> burn(K - 1, math:log(abs(V) + 1.01)).

producer(0, _) -> ok;
producer(N, Buffer) -> Buffer ! {ask, self()}, receive produce -> Buffer ! {item, burn(N)}, producer(N - 1, Buffer) end.
consumer(Buffer) -> receive {value, V} -> burn(V), Buffer ! {idle, true, self()}, consumer(Buffer); exit -> ok end.

buffer(_, _, _, _, _, Total, Total, Consumers, Done) -> [C ! exit || C <- Consumers], Done ! {result, Total};
buffer(Stored, Size, Idle, Waiting, Pending, Consumed, Total, Consumers, Done) ->
    receive
        {ask, From} when Size + Pending < 50 -> From ! produce, buffer(Stored, Size, Idle, Waiting, Pending + 1, Consumed, Total, Consumers, Done);
        {ask, From} -> buffer(Stored, Size, Idle, queue:in(From, Waiting), Pending, Consumed, Total, Consumers, Done);
        {item, Value} ->
            case queue:out(Idle) of
                {{value, C}, Rest} -> C ! {value, Value}, admit(Stored, Size, Rest, Waiting, Pending - 1, Consumed, Total, Consumers, Done);
                {empty, _} -> admit(queue:in(Value, Stored), Size + 1, Idle, Waiting, Pending - 1, Consumed, Total, Consumers, Done)
            end;
        {idle, Had, From} ->
            Now = case Had of true -> Consumed + 1; false -> Consumed end,
            case queue:out(Stored) of
                {{value, V}, Rest} -> From ! {value, V}, admit(Rest, Size - 1, Idle, Waiting, Pending, Now, Total, Consumers, Done);
                {empty, _} -> admit(Stored, Size, queue:in(From, Idle), Waiting, Pending, Now, Total, Consumers, Done)
            end
    end.
admit(Stored, Size, Idle, Waiting, Pending, Consumed, Total, Consumers, Done) when Size + Pending < 50 ->
    case queue:out(Waiting) of
        {{value, P}, Rest} -> P ! produce, admit(Stored, Size, Idle, Rest, Pending + 1, Consumed, Total, Consumers, Done);
        {empty, _} -> buffer(Stored, Size, Idle, Waiting, Pending, Consumed, Total, Consumers, Done)
    end;
admit(Stored, Size, Idle, Waiting, Pending, Consumed, Total, Consumers, Done) ->
    buffer(Stored, Size, Idle, Waiting, Pending, Consumed, Total, Consumers, Done).

arbitrator(_, 20, Meals, Done) -> Done ! {result, Meals};
arbitrator(Forks, Ended, Meals, Done) ->
    receive
        {hungry, K, From} ->
            L = K + 1, R = (K + 1) rem 20 + 1,
            case element(L, Forks) orelse element(R, Forks) of
                true -> From ! denied, arbitrator(Forks, Ended, Meals, Done);
                false -> From ! eat, arbitrator(setelement(R, setelement(L, Forks, true), true), Ended, Meals, Done)
            end;
        {done, K} ->
            arbitrator(setelement((K + 1) rem 20 + 1, setelement(K + 1, Forks, false), false), Ended, Meals, Done);
        {exit, N} -> arbitrator(Forks, Ended + 1, Meals + N, Done)
    end.
philosopher(Left, N, K, A) ->
    receive
        denied -> A ! {hungry, K, self()}, philosopher(Left, N, K, A);
        eat ->
            A ! {done, K},
            case Left of 1 -> A ! {exit, N}; _ -> A ! {hungry, K, self()}, philosopher(Left - 1, N, K, A) end
    end.

transfers(0, _, _) -> ok;
transfers(K, Accounts, Seed) ->
    {R1, S1} = random(Seed),
    From = R1 rem 999,
    {R2, S2} = random(S1),
    To = From + 1 + R2 rem (1000 - From - 1),
    {R3, S3} = random(S2),
    element(From + 1, Accounts) ! {transfer, 1 + R3 rem 100, element(To + 1, Accounts), self()},
    transfers(K - 1, Accounts, S3).
account(Balance) ->
    receive
        {transfer, Amount, To, Teller} -> To ! {credit, Amount, self()}, account_busy(Balance - Amount, Teller);
        {credit, Amount, From} -> From ! credited, account(Balance + Amount);
        {ask, To} -> To ! {balance, Balance}
    end.
account_busy(Balance, Teller) ->
    receive
        {credit, Amount, From} -> From ! credited, account_busy(Balance + Amount, Teller);
        credited -> Teller ! done, account(Balance)
    end.
teller(0, N, Accounts, Done) ->
    [A ! {ask, self()} || A <- tuple_to_list(Accounts)],
    Sum = lists:sum([receive {balance, B} -> B end || _ <- lists:seq(1, 1000)]),
    Done ! {result, case Sum of 1000000000 -> N; _ -> -1 end};
teller(K, N, Accounts, Done) -> receive done -> teller(K - 1, N, Accounts, Done) end.

area(_, _, Pieces, Pieces, Sum) -> Sum;
area(From, Width, K, Pieces, Sum) ->
    X = From + K * Width,
    area(From, Width, K + 1, Pieces, Sum + (1 / (X + 1) + 1 / (X + Width + 1)) / 2 * Width).
area_master(0, Sum, Done) -> Done ! {result, round(Sum * 1000000)};
area_master(K, Sum, Done) -> receive {part, P} -> area_master(K - 1, Sum + P, Done) end.

%% Boards with the newest queen first.
fits(Column, Board) -> fits(Column, Board, 1).
fits(_, [], _) -> true;
fits(Column, [Other | Rest], Distance) ->
    Other =/= Column andalso abs(Other - Column) =/= Distance andalso fits(Column, Rest, Distance + 1).
search(_, Size, Size) -> 1;
search(Board, Rows, Size) ->
    lists:sum([search([C | Board], Rows + 1, Size) || C <- lists:seq(0, Size - 1), fits(C, Board)]).
queen_worker(Size, Master) ->
    receive
        exit -> ok;
        {work, Board} ->
            case length(Board) of
                Rows when Rows >= 4 -> Master ! {done, search(Board, Rows, Size)};
                _ -> Master ! {boards, [[C | Board] || C <- lists:seq(0, Size - 1), fits(C, Board)]}
            end,
            queen_worker(Size, Master)
    end.
give(Board, Workers, Next) -> element(Next + 1, Workers) ! {work, Board}, (Next + 1) rem 20.
queen_master(Workers, _, 0, Found, Done) -> [W ! exit || W <- tuple_to_list(Workers)], Done ! {result, Found};
queen_master(Workers, Next, Open, Found, Done) ->
    receive
        {done, N} -> queen_master(Workers, Next, Open - 1, Found + N, Done);
        {boards, Boards} ->
            Later = lists:foldl(fun(B, X) -> give(B, Workers, X) end, Next, Boards),
            queen_master(Workers, Later, Open - 1 + length(Boards), Found, Done)
    end.

fib(N, Parent) when N =< 2 -> Parent ! {value, 1};
fib(N, Parent) ->
    Self = self(),
    spawn(fun() -> fib(N - 1, Self) end),
    spawn(fun() -> fib(N - 2, Self) end),
    receive {value, A} -> receive {value, B} -> Parent ! {value, A + B} end end.

node(Number, 1, Parent) -> Parent ! {value, Number};
node(Number, Size, Parent) ->
    Self = self(),
    Part = Size div 10,
    [spawn(fun() -> node(Number + K * Part, Part, Self) end) || K <- lists:seq(0, 9)],
    Parent ! {value, lists:sum([receive {value, V} -> V end || _ <- lists:seq(1, 10)])}.

fan(0, N, Done) -> Done ! {result, N};
fan(K, N, Done) -> receive {n, _} -> fan(K - 1, N, Done) end.

runner(Handled, N, Judge) ->
    receive
        go ->
            case Handled + 1 of N -> Judge ! first; _ -> ok end,
            self() ! go,
            runner(Handled + 1, N, Judge);
        stop -> Judge ! {handled, Handled}
    end.
