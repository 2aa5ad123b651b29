// The words of each language that can't be names.

import { KeywordSet } from './keyword-set.ts';

const C =
  'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict ' +
  'return short signed sizeof static struct switch typedef union unsigned void volatile while define elif endif error ifdef ' +
  'ifndef include pragma undef';

const CPP =
  `${C} alignas alignof asm bool catch class concept consteval constexpr constinit const_cast co_await co_return co_yield ` +
  'decltype delete dynamic_cast explicit export false friend mutable namespace new noexcept nullptr operator private protected ' +
  'public reinterpret_cast requires static_assert static_cast template this thread_local throw true try typeid typename using ' +
  'virtual wchar_t';

const JAVASCRIPT =
  'await break case catch class const continue debugger default delete do else export extends false finally for function if ' +
  'import in instanceof let new null return static super switch this throw true try typeof var void while with yield';

const TYPESCRIPT =
  `${JAVASCRIPT} abstract any as asserts bigint boolean declare enum implements infer interface is keyof module namespace never ` +
  'number object private protected public readonly satisfies string symbol type undefined unique unknown';

const PYTHON =
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in ' +
  'is lambda nonlocal not or pass raise return try while with yield';

const JAVA =
  'abstract assert boolean break byte case catch char class const continue default do double else enum extends false final ' +
  'finally float for goto if implements import instanceof int interface long native new null package private protected public ' +
  'return short static strictfp super switch synchronized this throw throws transient true try void volatile while';

const LISTS: Readonly<Record<string, string>> = {
  C,
  'C++': CPP,
  'C#': `${JAVA} as base bool checked decimal delegate event explicit extern fixed foreach implicit in internal is lock namespace object operator out override params readonly ref sbyte sealed sizeof stackalloc string struct typeof uint ulong unchecked unsafe ushort using virtual`,
  Elixir:
    'after and catch def defmodule defp do else end false fn if import in nil not or quote raise require rescue true unless use when',
  Erlang:
    'after and andalso band begin bnot bor case catch else end fun if not of or orelse receive rem try when xor',
  Flow: TYPESCRIPT,
  GYP: PYTHON,
  Go: 'break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var',
  Java: JAVA,
  JavaScript: JAVASCRIPT,
  Kotlin:
    'as break class continue do else false for fun if in interface is null object package return super this throw true try typealias typeof val var when while',
  Lua: 'and break do else elseif end false for function goto if in local nil not or repeat return then true until while',
  PHP: 'abstract and array as break callable case catch class clone const continue declare default do echo else elseif empty extends final finally fn for foreach function global goto if implements include instanceof interface isset list match namespace new or print private protected public readonly require return static switch this throw trait try unset use var while xor yield',
  Perl: 'and cmp do else elsif eq for foreach ge given gt if last le local lt my ne next no not or our package redo require return sub unless until use when while xor',
  Python: PYTHON,
  Ruby: 'BEGIN END alias and begin break case class def defined do else elsif end ensure false for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield',
  Rust: 'Self as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self static struct super trait true type unsafe use where while',
  Shell:
    'case do done elif else esac export fi for function if in local readonly return select set shift then time unset until while',
  Svelte: TYPESCRIPT,
  Swift:
    'as associatedtype break case catch class continue default defer deinit do else enum extension false for func guard if import in init inout internal is let nil operator private protocol public repeat rethrows return self static struct subscript super switch throw throws true try typealias var where while',
  TypeScript: TYPESCRIPT,
  Vue: TYPESCRIPT,
  Zig: 'and async await break catch comptime const continue defer else enum error export extern false fn for if inline null or orelse packed pub return struct switch test threadlocal true try undefined union unreachable usingnamespace var volatile while',
};

/** By language. A language that isn't here names nothing. */
export const KEYWORDS: ReadonlyMap<string, KeywordSet> = new Map(
  Object.entries(LISTS).map(([language, words]) => [language, new KeywordSet(words.split(' '))]),
);
