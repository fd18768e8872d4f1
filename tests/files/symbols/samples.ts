/** A few lines of each language, with the definitions (kind, name, signature, depth) and some of the references that are in them. */
export interface Sample {
  path: string
  text: string
  defines: [kind: string, name: string, line: number, signature: string, depth: number][]
  uses: string[]
}

export const SAMPLES: Sample[] = [
  {
    path: 'shop.js',
    text: "const db = require('./db')\nconst LIMIT = 3\nfunction total(items,\n  tax) {\n  const inner = () => 1\n  return sum(items)\n}\nclass Cart extends Basket {\n  add(item) { this.check() }\n}\nmodule.exports.open = function (q) { new Cart() }\n",
    defines: [
      ['constant', 'LIMIT', 2, 'const LIMIT = 3', 0],
      ['function', 'total', 3, 'function total(items, tax)', 0],
      ['function', 'inner', 5, 'const inner = ()', 1],
      ['class', 'Cart', 8, 'class Cart extends Basket', 0],
      ['method', 'add', 9, 'add(item)', 1],
      ['function', 'open', 11, 'module.exports.open = function (q)', 0],
    ],
    uses: ['Basket', 'Cart', 'check', 'sum'],
  },
  {
    path: 'shop.ts',
    text: 'export const TAX: number = 2\nexport interface Priced extends Named { price(at: Day): number }\ntype Id = string\nenum State { Open }\nexport async function total<T>(a: T): Promise<Priced> { return sum(a) }\nabstract class Cart extends Basket implements Priced { private check(): void {} }\n',
    defines: [
      ['constant', 'TAX', 1, 'export const TAX: number = 2', 0],
      ['interface', 'Priced', 2, 'export interface Priced extends Named', 0],
      ['method', 'price', 2, 'price(at: Day): number }', 1],
      ['type', 'Id', 3, 'type Id = string', 0],
      ['enum', 'State', 4, 'enum State', 0],
      ['function', 'total', 5, 'export async function total<T>(a: T): Promise<Priced>', 0],
      ['class', 'Cart', 6, 'abstract class Cart extends Basket implements Priced', 0],
      ['method', 'check', 6, 'private check(): void', 1],
    ],
    uses: ['Basket', 'Day', 'Named', 'Priced', 'sum'],
  },
  {
    path: 'page.tsx',
    text: 'export const Page = ({ title }: Props) => <Box><Heading /></Box>\n',
    defines: [['function', 'Page', 1, 'export const Page = ({ title }: Props)', 0]],
    uses: ['Box', 'Heading', 'Props'],
  },
  {
    path: 'button.jsx',
    text: 'export function Button() { return <Icon /> }\n',
    defines: [['function', 'Button', 1, 'export function Button()', 0]],
    uses: ['Icon'],
  },
  {
    path: 'shop.py',
    text: 'LIMIT = 2\nclass Cart(Basket):\n    def add(self, item: int) -> str:\n        return check(item)\n\ndef total(items,\n          tax):\n    pass\n',
    defines: [
      ['constant', 'LIMIT', 1, 'LIMIT = 2', 0],
      ['class', 'Cart', 2, 'class Cart(Basket)', 0],
      ['function', 'add', 3, 'def add(self, item: int) -> str', 1],
      ['function', 'total', 6, 'def total(items, tax)', 0],
    ],
    uses: ['Basket', 'check'],
  },
  {
    path: 'shop.go',
    text: 'package shop\nconst Limit = 2\ntype Cart struct { Items int }\nfunc (c *Cart) Add(item Item) error { return check(item) }\nfunc Total() {}\n',
    defines: [
      ['constant', 'Limit', 2, 'const Limit = 2', 0],
      ['type', 'Cart', 3, 'type Cart struct { Items int }', 0],
      ['method', 'Add', 4, 'func (c *Cart) Add(item Item) error', 0],
      ['function', 'Total', 5, 'func Total()', 0],
    ],
    uses: ['Cart', 'Item', 'check'],
  },
  {
    path: 'shop.rs',
    text: 'pub struct Cart { items: u8 }\nimpl Cart { pub fn add(item: Item) -> Cart { check(item) } }\nfn total() -> u8 { 1 }\nconst LIMIT: u8 = 1;\ntrait Priced { }\n',
    defines: [
      ['class', 'Cart', 1, 'pub struct Cart', 0],
      ['method', 'add', 2, 'pub fn add(item: Item) -> Cart', 0],
      ['function', 'total', 3, 'fn total() -> u8', 0],
      ['constant', 'LIMIT', 4, 'const LIMIT: u8 = 1;', 0],
      ['interface', 'Priced', 5, 'trait Priced', 0],
    ],
    uses: ['Cart', 'Item', 'check'],
  },
  {
    path: 'Cart.java',
    text: 'public class Cart extends Basket {\n  public String add(Item item) { return new Order().check(item); }\n  enum State { OPEN }\n}\ninterface Priced {}\nrecord Id(String text) {}\n',
    defines: [
      ['class', 'Cart', 1, 'public class Cart extends Basket', 0],
      ['method', 'add', 2, 'public String add(Item item)', 1],
      ['class', 'State', 3, 'enum State', 1],
      ['interface', 'Priced', 5, 'interface Priced', 0],
      ['class', 'Id', 6, 'record Id(String text)', 0],
    ],
    uses: ['Basket', 'Item', 'Order', 'check'],
  },
  {
    path: 'shop.c',
    text: 'struct cart { int items; };\ntypedef struct cart cart_t;\nstatic int *total(int items,\n  int tax) { return sum(items); }\n',
    defines: [
      ['class', 'cart', 1, 'struct cart', 0],
      ['type', 'cart_t', 2, 'typedef struct cart cart_t;', 0],
      ['function', 'total', 3, 'static int *total(int items, int tax)', 0],
    ],
    uses: ['sum'],
  },
  {
    path: 'shop.cpp',
    text: 'class Cart : public Basket {\n  int total(int items) { return sum(items); }\n};\nvoid Cart::add(Item item) { check(item); }\n',
    defines: [
      ['class', 'Cart', 1, 'class Cart : public Basket', 0],
      ['function', 'total', 2, 'int total(int items)', 1],
      ['method', 'add', 4, 'void Cart::add(Item item)', 0],
    ],
    uses: ['Basket', 'Item', 'check', 'sum'],
  },
  {
    path: 'shop.php',
    text: '<?php\nclass Cart extends Basket {\n  function add(int $item): string { return check($item) . $this->total(); }\n}\nfunction open() { return new Order(); }\n',
    defines: [
      ['class', 'Cart', 2, 'class Cart extends Basket', 0],
      ['function', 'add', 3, 'function add(int $item): string', 1],
      ['function', 'open', 5, 'function open()', 0],
    ],
    uses: ['Basket', 'Order', 'check', 'total'],
  },
  {
    path: 'shop.rb',
    text: 'module Shop\n  class Cart < Basket\n    def add(item)\n      check(item)\n    end\n  end\nend\n',
    defines: [
      ['module', 'Shop', 1, 'module Shop', 0],
      ['class', 'Cart', 2, 'class Cart < Basket', 1],
      ['method', 'add', 3, 'def add(item)', 2],
    ],
    uses: ['Basket', 'check'],
  },
  {
    path: 'index.html',
    text: '<title>Crumb</title>\n<h1 class="x"><b>Bread</b></h1>\n<section id="menu">\n',
    defines: [
      ['title', 'Crumb', 1, 'Crumb', 0],
      ['heading', 'Bread', 2, 'Bread', 0],
      ['id', 'menu', 3, 'menu', 0],
    ],
    uses: [],
  },
  {
    path: 'style.css',
    text: ':root { --ink: #111; }\n.menu > li,\n.card { color: var(--ink) }\n.card { margin: 0 }\n',
    defines: [
      ['property', '--ink', 1, '--ink', 0],
      ['selector', ':root', 1, ':root', 0],
      ['selector', '.card', 3, '.card', 0],
    ],
    uses: [],
  },
  {
    path: 'README.md',
    text: '# Crumb & Co\n\nText\n\n## How to bake ##\n',
    defines: [
      ['heading', 'Crumb & Co', 1, 'Crumb & Co', 0],
      ['heading', 'How to bake', 5, 'How to bake', 0],
    ],
    uses: [],
  },
  { path: 'notes.txt', text: 'nothing to find', defines: [], uses: [] },
]
