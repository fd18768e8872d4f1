/** For each toolchain a text that is right, though not all that it names is there; and one that is wrong, with the place at which it is. */
export const COMPILED: { language: string; path: string; valid: string; broken: string; line: number; text: string }[] =
  [
    {
      language: 'python',
      path: 'a.py',
      valid:
        'from no_such import thing\nasync def f(a, /, *, b: "X" = ...) -> int: return [x async for x in a if (n := x)]\nlambda *a, **k: {**k, "b": f"{a!r:>{10}}"}\n',
      broken: 'def f():\n    return [1, 2\n\nprint(f())\n',
      line: 2,
      text: 'return [1, 2',
    },
    {
      language: 'bash',
      path: 'a.sh',
      valid:
        '#!/bin/bash\nshopt -s extglob\ncase $x in !(a|b)) ;;& *) ;; esac\ncat <<-"EOF" | no_such\n\tif then fi $(\n\tEOF\nfor ((i=0; i<3; i++)); do [[ $a =~ ^(b|c)$ ]] && a[1]+=2; done < <(no_such)\n',
      broken: 'if true; then\n  echo\nfi fi\n',
      line: 3,
      text: 'fi fi',
    },
    {
      language: 'go',
      path: 'a.go',
      valid:
        'package a\n\nimport "no/such"\n\ntype A[T ~int | string] struct{ such.B }\n\nfunc (a *A[T]) f(b ...chan<- int) (c error) {\nlabel:\n\tfor range 3 {\n\t\tcontinue label\n\t}\n\treturn `x`\n}\n',
      broken: 'package a\n\nfunc f( {\n}\n',
      line: 3,
      text: 'func f( {',
    },
    {
      language: 'ruby',
      path: 'a.rb',
      valid:
        "require 'no_such'\nclass A < NoSuch\n  def b(a, *d, c:, **e, &f) = c&.g { _1 + %w[a b].size }\n  X = <<~Y.strip\n    end end #{1}\n  Y\nend\ncase {a: 1}\nin {a: Integer => n} then n\nend\n__END__\nend end\n",
      broken: 'def a\n  [1,\nend\n',
      line: 3,
      text: 'end',
    },
    {
      language: 'php',
      path: 'a.php',
      valid:
        "<p><?= $x ?></p>\n<?php\nnamespace A { use No\\Such; #[Attr(1)] final class B extends Such { public function __construct(private readonly ?int $c = null, callable|string ...$d) {} } }\nnamespace { $f = fn(int &$x): static => match(true) { $x > 1 => <<<'E'\n  } }\n  E, default => throw new E }; }\n",
      broken: '<?php\nfunction f() {\n  return [1;\n}\n',
      line: 3,
      text: 'return [1;',
    },
    {
      language: 'rust',
      path: 'a.rs',
      valid:
        "#![no_such_attribute]\n//! A crate.\nmod no_such;\nuse none::{self as n, *};\nmacro_rules! m { ($($x:expr),* $(,)?) => {} }\nasync unsafe extern \"C\" fn f<'a, const N: usize>(x: &'a mut dyn A<B = u8>) -> impl Fn(u8) + 'a where u8: for<'b> C<'b> { no_such![a => b]; 'l: loop { break 'l r#\"}\"# } }\n",
      broken: 'fn main() {\n    let x = ;\n}\n',
      line: 2,
      text: 'let x = ;',
    },
    {
      language: 'java',
      path: 'src/A.java',
      valid:
        'package no.such;\nimport static none.B.*;\n@Q(v = {1, 2}) public sealed class A<T extends B & C> extends D permits E {\n  record R(int... x) { R { } }\n  int f() throws X { var s = """\n    }"""; return switch (s) { case "a", "b" -> { yield 1; } default -> (int) g.<T>h(A::new); }; }\n}\n',
      broken: 'public class A {\n  void f() { int x = ; }\n}\n',
      line: 2,
      text: 'void f() { int x = ; }',
    },
    {
      language: 'c',
      path: 'a.c',
      valid: '#include <stdio.h>\n#include "no_such.h"\nNO_SUCH_MACRO(a) { T *b = c d; }\n',
      broken: '#include <stdio.h>\nint main(void) {\n  if (1) {\n    puts("a");\n  }\n',
      line: 5,
      text: '}',
    },
    {
      language: 'cpp',
      path: 'a.cpp',
      valid: '#include <vector>\n#include <no/such.hpp>\nNS_BEGIN class A : no::B { Q_OBJECT }; NS_END\n',
      broken: '#include <string>\nint main() {\n  std::string a = "x"\n  return 0;\n}\n',
      line: 4,
      text: 'return 0;',
    },
    {
      language: 'lua',
      path: 'a.lua',
      valid:
        '#!/usr/bin/lua\nlocal a <const> = require "no_such" {b = [==[]]]==]}\nfor i, v in ipairs{...} do a[i] = function(...) return -v // 2, #a end end\n',
      broken: 'local a = \nif a then\n',
      line: 2,
      text: 'if a then',
    },
  ]
