/** A text that is right, in a way that is seldom seen; and one that is wrong, with the place at which it is. */
export interface Sample {
  path: string
  valid: string
  broken: string
  line: number
  column: number
  /** The offending line. */
  text: string
}

/** Languages with an exact parser on board: what it says blocks. */
export const EXACT: Sample[] = [
  {
    path: 'a.js',
    valid:
      '#!/usr/bin/env node\nvar await_ = 1, of = 2\nlabel: for (const [a, ...b] of [[1]]) { a ?? b; continue label }\nclass A { static #x = 1; static { A.#x ||= 2 } get [`y`]() { return <b>JSX</b> } }\n',
    broken: 'const a = 1\nlet b = ;\n',
    line: 2,
    column: 9,
    text: 'let b = ;',
  },
  {
    path: 'a.jsx',
    valid: 'export default () => <><A.B {...{ a: 1 }} c:d="&amp;">{/* x */}{...[1]}</A.B></>\n',
    broken: 'export const A = () => (\n  <b>x</i>\n)\n',
    line: 2,
    column: 9,
    text: '<b>x</i>',
  },
  {
    path: 'a.ts',
    valid:
      'abstract class A<in out T> { declare x: T; accessor y = 1; constructor(private z?: string) { } }\nenum E { A = 1 << 2 }\nnamespace N { export type F = new <const T>(...a: T[]) => asserts a is any }\nlet v = <any>1 satisfies number\nimport type { Q } from "q"\n',
    broken: 'interface A {\n  b:\n}\n',
    line: 3,
    column: 1,
    text: '}',
  },
  {
    path: 'a.tsx',
    valid: 'export const F = <T,>(p: { x: T }) => <G<string> a={p.x as never} />\n',
    broken: 'const a: = <b />\n',
    line: 1,
    column: 10,
    text: 'const a: = <b />',
  },
  {
    path: 'a.json',
    valid: '\uFEFF{"a":[1e-3,-0,"\\u00e9\\/"],"":null}',
    broken: '{\n  "a": NaN\n}\n',
    line: 2,
    column: 8,
    text: '"a": NaN',
  },
  {
    path: 'a.jsonc',
    valid: '// c\n{ "a": 1, /* b */ "c": [1,], }',
    broken: '{\n  "a": 1\n  "b": 2\n}',
    line: 3,
    column: 3,
    text: '"b": 2',
  },
  {
    path: 'a.json5',
    valid: "{a: 'b', c: .5, d: +Infinity, e: 0xF, 'f': 'x\\\ny',}",
    broken: "{\n  a: 'b\n}",
    line: 2,
    column: 8,
    text: "a: 'b",
  },
  {
    path: 'a.jsonl',
    valid: '{"a":1}\n\n[2]\n"x"\n',
    broken: '{"a":1}\n{"a":tru}\n',
    line: 2,
    column: 6,
    text: '{"a":tru}',
  },
  {
    path: 'a.yaml',
    valid: '%YAML 1.2\n---\n&a ? [x, {y: z}]\n: !!str |-\n  - # no comment\n...\n---\nb: *c\n'.replace(
      'b: *c',
      'b: &c d\ne: *c',
    ),
    broken: 'a: [1, 2\nb: 3\n',
    line: 2,
    column: 1,
    text: 'b: 3',
  },
  {
    path: 'a.toml',
    valid: 'a.b."c d" = 1_000\ne = [ 1979-05-27T07:32:00Z, [0xF, inf], ]\nf = """\\\n  x"""\n[[g.h]]\n',
    broken: 'a = 1\na = 2\n',
    line: 2,
    column: 1,
    text: 'a = 2',
  },
  {
    path: 'a.xml',
    valid:
      '<?xml version="1.1"?>\n<!DOCTYPE a [<!ENTITY e "x"><!ELEMENT a ANY>]>\n<a:b xmlns:a=\'u\' c="&lt;&#x41;"><![CDATA[<]]]]><?p q?></a:b>\n',
    broken: '<a>\n  <b></a>\n',
    line: 2,
    column: 6,
    text: '<b></a>',
  },
  {
    path: 'a.svg',
    valid: '<svg xmlns="http://www.w3.org/2000/svg"><style>a>b{}</style></svg>',
    broken: '<svg>\n<g x=1/></svg>',
    line: 2,
    column: 6,
    text: '<g x=1/></svg>',
  },
  {
    path: 'a.css',
    valid:
      '@charset "utf-8";\n@layer a, b;\n@container x (width > 1px) { :is(.a, #b) > & ~ c|* { --x: {a:b}; width: calc(1px * var(--y,)) !important } }\n.\\31 a { color: oklch(from red l c h / 50%) }\n',
    broken: '.a { color: red }\n.b { color: red\n',
    line: 2,
    column: 4,
    text: '.b { color: red',
  },
  {
    path: 'a.scss',
    valid:
      '@use "sass:map";\n$m: (a: 1, "b": 2) !default;\n@mixin x($a, $r...) { @content; }\n.a { // it\'s\n  &__b:not(.c) { @include x(1) { color: map.get($m, a) } }\n  #{$p}-top: 1px + 2;\n  @if $a == null { b: c } @else { d: e }\n}\n%p { font: { size: 1px; } }\n',
    broken: '.a {\n  .b {\n    color: red;\n  }\n',
    line: 1,
    column: 1,
    text: '.a {',
  },
  {
    path: 'a.sql',
    valid:
      "PRAGMA foreign_keys = ON;\nCREATE TABLE IF NOT EXISTS \"a b\" (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT DEFAULT (datetime('now'))) STRICT, WITHOUT ROWID;\nDO $body$ BEGIN PERFORM 1; END $body$;\nINSERT INTO x VALUES (1, 'it''s; fine') ON CONFLICT (id) DO NOTHING RETURNING *;\nCREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT CASE WHEN 1 THEN 2 END; END;\nCREATE POLICY p ON x USING (a = current_user);\nSELECT ?, :a, $1::int, a -> 'b' FROM x /* ; */ -- ;\n",
    broken: 'SELECT 1;\nCREATE TABLE a (\n  b TEXT,\n);\n',
    line: 4,
    column: 1,
    text: ');',
  },
  {
    path: 'Dockerfile',
    valid:
      '# syntax=docker/dockerfile:1\n# escape=`\nARG V=1\nFROM --platform=$BUILDPLATFORM node:$V AS a\nRUN <<EOF\nFORM x\nEOF\nONBUILD COPY --chmod=755 --link [ "a b", "/c/" ]\nHEALTHCHECK NONE\n',
    broken: 'FROM node\nCOPPY . .\n',
    line: 2,
    column: 1,
    text: 'COPPY . .',
  },
  {
    path: 'a.html',
    valid:
      '<!-- x > --><p>a<b c=d e=\'>\'>1 < 2 && a<3<br>\n<script>if (a <!--b) x = "<\\/script>"</script><script type=text/template><p {{</script>\n<script type="application/ld+json">{"a": 1}</script><style media=print>a > b { }</style>\n'.replace(
        'a <!--b',
        'a < !b',
      ),
    broken: '<p>a</p>\n<script type="module">\nlet a = ;\n</script>\n',
    line: 3,
    column: 9,
    text: 'let a = ;',
  },
  {
    path: 'a.vue',
    valid:
      '<script setup lang="ts" generic="T">\nconst a = defineProps<{ b: T }>()\n</script>\n<template><p v-if="a < b">{{ a }}</p></template>\n<style lang="scss" scoped>.a { &:hover { color: $b } }</style>\n',
    broken: '<template><p /></template>\n<script setup lang="ts">\nconst a: = 1\n</script>\n',
    line: 3,
    column: 10,
    text: 'const a: = 1',
  },
  {
    path: 'a.svelte',
    valid:
      '<script context="module">export const a = 1</script>\n<script lang="ts">let { b }: { b: string } = $props(); $: c = b</script>\n{#if b}{@html b}{/if}\n<style>:global(p) { color: red }</style>\n',
    broken: '<p>x</p>\n<script>\n  let a = {\n</script>\n',
    line: 3,
    column: 12,
    text: 'let a = {',
  },
  {
    path: 'a.graphql',
    valid:
      '"""it\'s } fine"""\ntype A implements B & C @d(x: "\\"}") { e(f: [G!]! = [{ h: 1 }]): I # }\n}\nquery ($a: B = {c: """x"y"""}) { ...on D { e } }\n',
    broken: 'type A {\n  b(c: Int: String\n}\n',
    line: 3,
    column: 1,
    text: '}',
  },
]
