%% The Erlang side of the comparison: runs scripts on OTP's own supervisor, and writes down what happened.
%%
%% The supervisor module is loaded with one change: where it asks for the time, it gets the script's. Everything runs on one scheduler, so a process that ends
%% has told everybody before anybody acts on it, and the collector's order is the order of events.
-module(oracle).
-behaviour(supervisor).
-export([main/1, init/1, start_worker/3, start_worker/4, start_sup/1, now_s/0, log/2]).

-define(TABLE, oracle_table).

main([File, Output]) ->
    case virtual_time() of
        ok ->
            ok = logger:remove_handler(default),
            ok = logger:add_handler(oracle, ?MODULE, #{}),
            ok = logger:set_primary_config(level, error),
            {ok, Scripts} = file:consult(File),
            %% Not to standard output: what its server hasn't passed on is lost at the end of the program.
            {ok, Out} = file:open(Output, [write, raw, binary, delayed_write]),
            [ok = file:write(Out, unicode:characters_to_binary(run(Script))) || Script <- Scripts],
            ok = file:close(Out),
            erlang:halt(0);
        {error, Why} ->
            io:format(standard_error, "no virtual time: ~p~n", [Why]),
            erlang:halt(3)
    end.

%% ── Virtual time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

virtual_time() ->
    case beam_lib:chunks(code:which(supervisor), [abstract_code]) of
        {ok, {supervisor, [{abstract_code, {raw_abstract_v1, Forms}}]}} ->
            {ok, supervisor, Binary} = compile:forms(replace_clock(Forms), [no_spawn_compiler_process]),
            true = code:unstick_mod(supervisor),
            {module, supervisor} = code:load_binary(supervisor, "supervisor.erl", Binary),
            ok;
        _ ->
            {error, no_abstract_code}
    end.

replace_clock({call, L, {remote, _, {atom, _, erlang}, {atom, _, monotonic_time}}, [_]}) ->
    {call, L, {remote, L, {atom, L, ?MODULE}, {atom, L, now_s}}, []};
replace_clock(Form) when is_tuple(Form) ->
    list_to_tuple(replace_clock(tuple_to_list(Form)));
replace_clock([Form | Forms]) ->
    [replace_clock(Form) | replace_clock(Forms)];
replace_clock(Form) ->
    Form.

now_s() ->
    [{now, Now}] = ets:lookup(?TABLE, now),
    Now.

%% ── One script ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

run({Seed, Tree, Steps}) ->
    process_flag(trap_exit, true),
    ets:new(?TABLE, [named_table, public]),
    ets:insert(?TABLE, {now, 1000000}),
    Collector = spawn_link(fun() -> collect([]) end),
    register(collector, Collector),
    plant("", Tree),
    case start_sup("") of
        {ok, Root} ->
            steps(Steps),
            case is_process_alive(Root) of
                true ->
                    say("stop"),
                    exit(Root, shutdown),
                    receive {'EXIT', Root, _} -> ok end;
                false ->
                    ok
            end;
        {error, _} ->
            ok
    end,
    quiesce(),
    Lines = call_collector(stop),
    unlink(Collector),
    %% Until its name is free for the next script's.
    Gone = monitor(process, Collector),
    receive {'DOWN', Gone, process, Collector, _} -> ok end,
    ets:delete(?TABLE),
    flush(),
    io_lib:format("#~w~n~ts", [Seed, [[Line, $\n] || Line <- Lines]]).

flush() ->
    receive _ -> flush() after 0 -> ok end.

plant(Path, #{children := Children} = Tree) ->
    ets:insert(?TABLE, {{tree, Path}, Tree}),
    [plant(Path ++ "/" ++ Id, Sub) || #{id := Id, tree := Sub} <- Children, Sub =/= none],
    ok.

steps([]) ->
    ok;
steps([Step | Steps]) ->
    case pid_of("") of
        none ->
            ok;
        _ ->
            say("step " ++ atom_to_list(element(1, Step))),
            Result = step(Step),
            quiesce(),
            say("= " ++ Result),
            [say(state(Path, Pid)) || {Path, Pid} <- supervisors()],
            steps(Steps)
    end.

step({advance, Seconds}) ->
    ets:update_counter(?TABLE, now, Seconds),
    "ok";
step({burst, Path, Exits, Call}) ->
    case sup_at(Path) of
        none ->
            "noTarget";
        Sup ->
            ok = sys:suspend(Sup),
            {_, Waiting} = process_info(Sup, message_queue_len),
            Found = [worker_at(Path ++ "/" ++ Id) || {Id, _} <- Exits],
            Dead = length([end_child(Pid, Reason) || {Pid, {_, Reason}} <- lists:zip(Found, Exits), Pid =/= none, is_process_alive(Pid)]),
            Caller = later(Call),
            await_queue(Sup, Waiting + Dead + case Caller of none -> 0; _ -> 1 end, 2000),
            ok = sys:resume(Sup),
            integer_to_list(Dead) ++ " " ++ result_of(Caller)
    end;
step({reconfigure, Path, Tree}) ->
    case sup_at(Path) of
        none ->
            "noTarget";
        Sup ->
            plant(Path, Tree),
            ok = sys:suspend(Sup),
            Result = sys:change_code(Sup, ?MODULE, undefined, []),
            ok = sys:resume(Sup),
            case Result of
                ok -> "ok";
                _ -> "invalid"
            end
    end;
step(Call) ->
    call(Call).

end_child(Pid, Reason) ->
    Mon = monitor(process, Pid),
    case Reason of
        kill -> exit(Pid, kill);
        _ -> Pid ! {die, Reason}
    end,
    receive {'DOWN', Mon, process, Pid, _} -> ok end.

later(none) ->
    none;
later(Call) ->
    Self = self(),
    spawn(fun() -> Self ! {result, self(), call(Call)} end).

result_of(none) -> "-";
result_of(Caller) -> receive {result, Caller, Result} -> Result end.

%% A call that finds no child to speak of sends nothing, so the wait is bounded.
await_queue(_, _, 0) ->
    ok;
await_queue(Sup, Length, Tries) ->
    case process_info(Sup, message_queue_len) of
        {_, Len} when Len < Length -> erlang:yield(), await_queue(Sup, Length, Tries - 1);
        _ -> ok
    end.

call({start, Path, What}) ->
    with(Path, fun(Sup) ->
        Arg =
            case What of
                {label, Label} -> [Label];
                #{id := Id, tree := none} -> _ = Id, spec(Path, What);
                #{id := Id, tree := Sub} -> plant(Path ++ "/" ++ Id, Sub), spec(Path, What)
            end,
        started(supervisor:start_child(Sup, Arg))
    end);
call({terminate, Path, Id}) ->
    with_id(Path, Id, fun(Sup, Which) -> plain(supervisor:terminate_child(Sup, Which)) end);
call({restart, Path, Id}) ->
    with(Path, fun(Sup) -> started(supervisor:restart_child(Sup, Id)) end);
call({delete, Path, Id}) ->
    with(Path, fun(Sup) -> plain(supervisor:delete_child(Sup, Id)) end).

with(Path, Action) ->
    case sup_at(Path) of
        none ->
            "noTarget";
        Sup ->
            try Action(Sup) catch exit:_ -> "died" end
    end.

%% Children of a dynamic supervisor are known by their pids.
with_id(Path, Id, Action) ->
    with(Path, fun(Sup) ->
        case ets:lookup(?TABLE, {tree, Path}) of
            [{_, #{strategy := simple_one_for_one}}] ->
                case pid_of(Path ++ "/" ++ Id) of
                    none -> "noTarget";
                    Pid -> Action(Sup, Pid)
                end;
            _ ->
                Action(Sup, Id)
        end
    end).

started({ok, undefined}) -> "ignored";
started({ok, _}) -> "started";
started({error, already_present}) -> "alreadyPresent";
started({error, {already_started, _}}) -> "alreadyStarted";
started({error, {bad_combination, _}}) -> "invalid";
started({error, not_found}) -> "notFound";
started({error, running}) -> "running";
started({error, restarting}) -> "restarting";
started({error, simple_one_for_one}) -> "dynamic";
started({error, _}) -> "startFailed".

plain(ok) -> "ok";
plain(Other) -> started(Other).

%% Asks every supervisor in turn, until nothing has happened meanwhile and nobody is restarting.
quiesce() ->
    quiesce(2).

quiesce(0) ->
    ok;
quiesce(Rounds) ->
    Before = call_collector(count),
    Busy = lists:any(fun({_, Pid}) ->
        try lists:any(fun({_, Child, _, _}) -> Child =:= restarting end, supervisor:which_children(Pid))
        catch exit:_ -> true
        end
    end, supervisors()),
    erlang:yield(),
    case Busy orelse call_collector(count) =/= Before of
        true -> quiesce(2);
        false -> quiesce(Rounds - 1)
    end.

supervisors() ->
    lists:sort([{Path, Pid} || {{pid, Path}, Pid, supervisor} <- ets:tab2list(?TABLE), is_process_alive(Pid)]).

state(Path, Pid) ->
    try
        Children = lists:map(fun child_text/1, supervisor:which_children(Pid)),
        Sorted = case ets:lookup(?TABLE, {tree, Path}) of
            [{_, #{strategy := simple_one_for_one}}] -> lists:sort(Children);
            _ -> Children
        end,
        Counts = supervisor:count_children(Pid),
        Numbers = [integer_to_list(proplists:get_value(Key, Counts)) || Key <- [specs, active, supervisors, workers]],
        io_lib:format("s ~ts: ~ts | ~ts", [Path, lists:join(",", Sorted), lists:join(" ", Numbers)])
    catch
        exit:_ -> "s " ++ Path ++ ": gone"
    end.

child_text({undefined, restarting, _, _}) -> "restarting";
child_text({undefined, Pid, _, _}) -> path_of(Pid);
child_text({Id, undefined, _, _}) -> Id ++ " stopped";
child_text({Id, restarting, _, _}) -> Id ++ " restarting";
child_text({Id, _, _, _}) -> Id ++ " running".

%% ── Children ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

init(Path) ->
    ets:insert(?TABLE, {self(), Path}),
    [{_, #{strategy := Strategy, intensity := Intensity, period := Period, auto := Auto, children := Children}}] =
        ets:lookup(?TABLE, {tree, Path}),
    Flags = #{strategy => Strategy, intensity => Intensity, period => Period, auto_shutdown => Auto},
    {ok, {Flags, [spec(Path, Child) || Child <- Children]}}.

spec(Path, #{id := Id, restart := Restart, significant := Significant, shutdown := Shutdown, plan := Plan, stubborn := Stubborn, tree := Tree}) ->
    Own = Path ++ "/" ++ Id,
    {Type, Start} =
        case Tree of
            none -> {worker, {?MODULE, start_worker, [Own, Plan, Stubborn]}};
            _ -> {supervisor, {?MODULE, start_sup, [Own]}}
        end,
    #{id => Id, restart => Restart, significant => Significant, shutdown => Shutdown, type => Type, start => Start}.

start_sup(Path) ->
    Result = supervisor:start_link(?MODULE, Path),
    case Result of
        {ok, Pid} -> call_collector({started, Path, Pid, supervisor});
        _ -> say("! " ++ Path)
    end,
    Result.

%% The template of a dynamic supervisor stands at "/sup/", its children at "/sup/label".
start_worker(Template, Plan, Stubborn, Label) ->
    start_worker(Template ++ Label, Plan, Stubborn).

start_worker(Path, Plan, Stubborn) ->
    Count = ets:update_counter(?TABLE, {starts, Path}, 1, {{starts, Path}, 0}),
    case lists:nth(min(Count, length(Plan)), Plan) of
        ok ->
            Pid = spawn_link(fun() -> worker(Stubborn) end),
            call_collector({started, Path, Pid, worker}),
            {ok, Pid};
        ignore ->
            say("? " ++ Path),
            ignore;
        error ->
            say("! " ++ Path),
            {error, refused}
    end.

worker(Stubborn) ->
    process_flag(trap_exit, Stubborn),
    receive {die, Reason} -> exit(Reason) end.

%% ── What happened ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

say(Line) ->
    collector ! {say, lists:flatten(Line)},
    ok.

call_collector(Request) ->
    Ref = make_ref(),
    collector ! {call, self(), Ref, Request},
    receive {Ref, Answer} -> Answer end.

collect(Lines) ->
    receive
        {say, Line} ->
            collect([Line | Lines]);
        {'DOWN', _, process, Pid, Reason} ->
            collect([["- ", path_of(Pid), " ", reason(Reason)] | Lines]);
        {call, From, Ref, {started, Path, Pid, Type}} ->
            monitor(process, Pid),
            ets:insert(?TABLE, [{Pid, Path}, {{pid, Path}, Pid, Type}]),
            From ! {Ref, ok},
            collect([["+ ", Path] | Lines]);
        {call, From, Ref, count} ->
            From ! {Ref, length(Lines)},
            collect(Lines);
        {call, From, Ref, stop} ->
            From ! {Ref, lists:reverse(Lines)}
    end.

pid_of(Path) ->
    case ets:lookup(?TABLE, {pid, Path}) of
        [{_, Pid, _}] -> case is_process_alive(Pid) of true -> Pid; false -> none end;
        [] -> none
    end.

sup_at(Path) ->
    case ets:lookup(?TABLE, {pid, Path}) of
        [{_, _, supervisor}] -> pid_of(Path);
        _ -> none
    end.

worker_at(Path) ->
    case ets:lookup(?TABLE, {pid, Path}) of
        [{_, _, worker}] -> pid_of(Path);
        _ -> none
    end.

path_of(Pid) ->
    case ets:lookup(?TABLE, Pid) of
        [{_, Path}] -> Path;
        [] -> "unknown"
    end.

reason(normal) -> "normal";
reason(shutdown) -> "shutdown";
reason({shutdown, _}) -> "shutdown+";
reason(killed) -> "killed";
reason(reached_max_restart_intensity) -> "shutdown+";
reason(_) -> "error".

%% Is called by the supervisor itself, so its reports stand where they belong.
log(#{msg := {report, #{label := {supervisor, Error}, report := Report}}}, _) ->
    {Sup, _} = proplists:get_value(supervisor, Report),
    Offender = proplists:get_value(offender, Report),
    Path = path_of(Sup),
    Child =
        case ets:lookup(?TABLE, {tree, Path}) of
            [{_, #{strategy := simple_one_for_one}}] -> dynamic_child(Offender);
            _ -> proplists:get_value(id, Offender)
        end,
    say(io_lib:format("r ~ts ~s ~ts ~s", [Path, Error, Child, reason(proplists:get_value(reason, Report))]));
log(_, _) ->
    ok.

dynamic_child(Offender) ->
    case proplists:get_value(mfargs, Offender) of
        {_, _, [_, _, _, Label]} ->
            Label;
        _ ->
            case proplists:get_value(pid, Offender) of
                {restarting, Pid} -> lists:last(string:split(path_of(Pid), "/", all));
                Pid when is_pid(Pid) -> lists:last(string:split(path_of(Pid), "/", all));
                _ -> "dynamic"
            end
    end.
