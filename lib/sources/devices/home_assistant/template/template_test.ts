import assert from "node:assert/strict";
import fc from "fast-check";
import { Content } from "../content.ts";
import { renderedBy } from "../states.ts";
import { readTemplate, type Rendered } from "./template.ts";

function rendered(template: string, payload: string): Rendered {
  const content = new Content(new TextEncoder().encode(payload));
  return renderedBy(readTemplate(template), content, payload);
}

/** What a template gives; null: it fails, so that nothing changes. */
type Case = [template: string, payload: string, text: string | null];

const ALL = JSON.stringify({
  ...{ a: { b: 7, "a b": { c: "deep" } }, n: 3, f: 2.5, zero: 0, s: "idle", t: "3,14", yes: true },
  ...{ no: false, none: null, list: [10, 20, { x: 1 }], words: "a;b;c", num: "12.7", big: 1234.5 },
});

function check(cases: readonly Case[]): void {
  for (const [template, payload, text] of cases) {
    const given = rendered(template, payload);
    assert.equal("text" in given ? given.text : null, text, `${template} of ${payload}`);
    assert.equal(readTemplate(template).unsupported, null, template);
  }
}

Deno.test("templates: a value by its name, with every way of writing it", () => {
  check([
    ["{{ value_json.n }}", ALL, "3"],
    ["{{value_json.n}}", ALL, "3"],
    ["{{- value_json.n -}}", ALL, "3"],
    ["{{ value_json.a.b }}", ALL, "7"],
    ["{{ value_json['n'] }}", ALL, "3"],
    ['{{ value_json["a"]["a b"]["c"] }}', ALL, "deep"],
    ["{{ value_json.a['a b'].c }}", ALL, "deep"],
    ["{{ value_json.list[0] }}", ALL, "10"],
    ["{{ value_json.list.1 }}", ALL, "20"],
    ["{{ value_json.list[-1].x }}", ALL, "1"],
    ["{{ value_json[1] }}", "[5, 6]", "6"],
    ["{{ value }}", " ON ", "ON"],
    ["{{ value }}", "21.50", "21.50"],
    ["{{ value_json }}", "21.5", "21.5"],
    ["{{ value_json.f }}", '{"f": 21.0}', "21.0"],
    ["{{ value_json.yes }} {{ value_json.none }}", ALL, "True None"],
    ["{{ value_json.list }}", ALL, "[10, 20, {'x': 1}]"],
    ["{{ value_json.missing }}", ALL, ""],
    ["{{ value_json.none.x }}", ALL, ""],
    ["{{ value_json.s.x }}", ALL, ""],
    ["{{ value_json.missing.x }}", ALL, null],
    ["{{ value_json.x }}", "no json", null],
    ["{{ value_json }}", "no json", ""],
    ["{{ unknown }}", "1", ""],
    ["offline", "anything", "offline"],
    ['{{ "offline" }}', "anything", "offline"],
    ["a {# remark #} b", "1", "a  b"],
    ["", "1", ""],
  ]);
});

Deno.test("templates: filters, as Home Assistant has them", () => {
  check([
    ["{{ value | float }}", "5", "5.0"],
    ["{{ value|float }}", "abc", null],
    ["{{ value | float(0) }}", "abc", "0"],
    ["{{ value | float(default=1.5) }}", "", "1.5"],
    ["{{ value_json.num | int }}", ALL, "12"],
    ["{{ value | int(0) }}", "abc", "0"],
    ["{{ value | int }}", "abc", null],
    ["{{ value_json.none | int(7) }}", ALL, "7"],
    ["{{ value_json.missing | float(0) }}", ALL, null],
    ["{{ value | int(base=16) }}", "ff", "255"],
    ["{{ value_json.f | round }}", ALL, "2"],
    ["{{ 3.5 | round }}", "", "4"],
    ["{{ 2.675 | round(2) }}", "", "2.67"],
    ["{{ 0.125 | round(2) }}", "", "0.12"],
    ["{{ -2.5 | round }}", "", "-2"],
    ["{{ value | round(1) }}", "21.46", "21.5"],
    ["{{ 5 | round(1) }}", "", "5.0"],
    ["{{ 21.49 | round(1, 'floor') }} {{ 21.41 | round(1, 'ceil') }}", "", "21.4 21.5"],
    ["{{ 21.3 | round(0, 'half') }}", "", "21"],
    ["{{ value_json.missing | default(0) }}", ALL, "0"],
    ["{{ value_json.missing | default('') }}", ALL, ""],
    ["{{ value_json.missing | default('None') }}", ALL, "None"],
    ["{{ value_json.none | default('x') }}", ALL, "None"],
    ["{{ value_json.none | default('x', True) }}", ALL, "x"],
    ["{{ value_json.zero | default('',True) }}", ALL, ""],
    ["{{ value_json.missing.deep | default(0) }}", ALL, null],
    ["{{ 'ON' | lower }} {{ value | upper }}", "off", "on OFF"],
    ["{{ value_json.n | string ~ 'x' }}", ALL, "3x"],
    ["{{ value_json.n | is_defined }}", ALL, "3"],
    ["{{ value_json.missing | is_defined }}", ALL, null],
    ["{{ value_json.missing | lower }}", ALL, ""],
    ["{{ (-3) | abs }} {{ -1|abs }}", "", "3 1"],
    ["{{ value_json.a | tojson }}", ALL, '{"a b": {"c": "deep"}, "b": 7}'],
    ["{{ value_json.big | multiply(0.1) }}", ALL, "123.45"],
    ["{{ value | multiply(10) | round(1) }}", "2.11", "21.1"],
    ["{{ value | multiply(10) }}", "x", null],
    ["{{ 1767225600 | timestamp_local }}", "", "2026-01-01T00:00:00+00:00"],
    ["{{ value_json.t | as_datetime }}", '{"t":1767225600}', "2026-01-01 00:00:00+00:00"],
    ["{{ value | as_datetime }}", "2026-05-01T10:00:00+02:00", "2026-05-01 10:00:00+02:00"],
    ["{{ value | as_datetime }}", "never", "None"],
    ["{{ value_json.list | length }} {{ value_json.list | first }}", ALL, "3 10"],
    ["{{ [3, 1, 2] | max }} {{ [3, 1, 2] | min }} {{ [1, 2] | sum }}", "", "3 1 3"],
    ["{{ '%.1f' | format(value | float) }}", "3.14159", "3.1"],
    ["{{ ' a ' | trim }}", "", "a"],
    ["{{ 'a-b' | replace('-', '+') }}", "", "a+b"],
    ["{{ 6 | bitwise_and(3) }}", "", "2"],
    ["{{ value_json.yes | iif('a', 'b') }}", ALL, "a"],
  ]);
});

Deno.test("templates: arithmetic, by the precedence and the numbers of Python", () => {
  check([
    ["{{ (value_json.big | float / 1000) | round(3) }}", ALL, "1.234"],
    ["{{ value_json.big | float / 1000 }}", ALL, "1.2345"],
    ["{{ (value_json.n * 100) | round(1) }}", ALL, "300.0"],
    ["{{ value_json.n - value_json.f + 1 }}", ALL, "1.5"],
    ["{{ float(value) * 99 + 1 }}", "0.5", "50.5"],
    ["{{ (float(value|float) * 3.6) | round(2) }}", "2.5", "9.0"],
    ["{{ int(value) // 2 }} {{ int(value) % 3 }} {{ int(value) / 2 }}", "7", "3 1 3.5"],
    ["{{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }}", "", "-4 2 -2"],
    ["{{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 2 ** -1 }}", "", "64 4 0.5"],
    ["{{ 1 + 2 * 3 - 4 / 2 }}", "", "5.0"],
    ["{{ 1 ~ 2 + 3 }}", "", null],
    ["{{ '1' ~ 2 ~ 3.0 }}", "", "123.0"],
    ["{{ 'a' + 'b' }} {{ 'ab' * 2 }}", "", "ab abab"],
    ["{{ 1 / 0 }}", "", null],
    ["{{ value_json.n / value_json.zero }}", ALL, null],
    ["{{ value_json.s * 2.0 }}", ALL, null],
    ["{{ value_json.n + value_json.missing }}", ALL, null],
    ["{{ value_json.n + '1' }}", ALL, null],
    ["{{ value_json.yes + 1 }}", ALL, "2"],
    ["{{ 1e3 }} {{ 1_000 }} {{ 0x1f }} {{ 1.50 }}", "", "1000.0 1000 31 1.5"],
    ["{{ 0.00001 }} {{ 1e16 }} {{ 0.1 + 0.2 }}", "", "1e-05 1e+16 0.30000000000000004"],
  ]);
});

Deno.test("templates: conditions, written as expressions and as statements", () => {
  check([
    ["{{ 'ON' if value_json.n > 0 else 'OFF' }}", ALL, "ON"],
    ["{{ 'ON' if value_json.zero > 0 else 'OFF' }}", ALL, "OFF"],
    ["{{ value_json.s if value_json.s in ['idle','run'] else 'None' }}", ALL, "idle"],
    ["{{ value_json.s if value_json.s in ['a','b'] else 'None' }}", ALL, "None"],
    ["{{ 'a' if false else 'b' if true else 'c' }}", "", "b"],
    ["{{ 'yes' if false }}", "", ""],
    ["{{ 'x' if value_json.missing > 0 else 'y' }}", ALL, null],
    ["{% if value_json.yes %}ON{% else %}OFF{% endif %}", ALL, "ON"],
    ["{% if value_json.no %}ON{% else %}OFF{% endif %}", ALL, "OFF"],
    ["{%- if value_json.yes -%} ON {%- else -%} OFF {%- endif -%}", ALL, "ON"],
    [
      "{% if value_json.n == 3 %}three{% elif value_json.n > 3 %}more{% else %}less{% endif %}",
      ALL,
      "three",
    ],
    [
      "{% if value_json.n == 4 %}4{% elif value_json.n != 3 %}x{% elif value_json.n >= 3 %}3{% endif %}",
      ALL,
      "3",
    ],
    ["{% if value_json.b is defined %}{{ value_json.b }}{% endif %}", ALL, ""],
    ["{% if value_json.n is defined %}{{ value_json.n }}{% endif %}", ALL, "3"],
    ["{% if value_json.b is not defined %}none{% endif %}", ALL, "none"],
    ["{% if 'dl' in value %}a{% elif value in ['x', 'y'] %}b{% endif %}", "y", "b"],
    ["{% if value_json.yes and not value_json.no %}1{% endif %}", ALL, "1"],
    ["{% if value_json.no or value_json.n %}1{% endif %}", ALL, "1"],
    ["{% if value_json.yes %}{% if value_json.n > 2 %}in{% endif %}{% endif %}", ALL, "in"],
    ["{{ value_json.no or 'else' }} {{ value_json.n and 'then' }}", ALL, "else then"],
    ["{{ 1 < value_json.n <= 3 }} {{ 1 < value_json.n < 3 }}", ALL, "True False"],
    [
      "{{ value_json.n == '3' }} {{ value_json.n == 3.0 }} {{ value_json.yes == 1 }}",
      ALL,
      "False True True",
    ],
    ["{{ value == 'ON' }} {{ not value == 'ON' }}", "ON", "True False"],
    ["{{ 'b' not in value_json.a }} {{ 'b' in value_json.a }}", ALL, "False True"],
    [
      "{{ value_json.none is none }} {{ value_json.n is number }} {{ value is string }}",
      ALL,
      "True True True",
    ],
    ["{{ value_json.n is divisibleby 3 }} {{ value_json.s is in ['idle'] }}", ALL, "True True"],
    ["{% set v = value_json.n * 2 %}{{ v }}-{{ v + 1 }}", ALL, "6-7"],
    ["{{ is_number(value) }} {{ value | is_number }}", "2.5", "True True"],
  ]);
});

Deno.test("templates: look-ups, methods and joined texts", () => {
  check([
    ["{{ {0:'idle',1:'run'}[value_json.m] }}", '{"m":1}', "run"],
    ["{{ {0:'idle',1:'run'}[value_json.m] }}", '{"m":7}', ""],
    ["{{ {0:'idle',1:'run'}[value_json.m] }}", '{"m":"1"}', ""],
    ["{{ {0:'idle',1:'run'}[value | int] }}", "0", "idle"],
    ["{{ {'a':1}.get(value_json.m, 0) }}", '{"m":"a"}', "1"],
    ["{{ {'a':1}.get(value_json.m, 0) }}", '{"m":"b"}', "0"],
    ["{{ {'a':1}.get('b') }}", "", "None"],
    ["{{ {True:'on',False:'off'}[value_json.m] }}", '{"m":true}', "on"],
    ["{{ ['idle','run'][value_json.m] }}", '{"m":1}', "run"],
    ["{{ value_json.get('a',{}).get('b') }}", ALL, "7"],
    ["{{ value_json.get('zz',{}).get('b') }}", ALL, "None"],
    ["{{ value_json['update'].get('progress','null') }}", '{"update":{}}', "null"],
    ["{{ value_json['update'].get('progress','null') }}", '{"update":{"progress":41.5}}', "41.5"],
    ["{{ value_json['update'].get('progress') }}", '{"update":null}', null],
    ["{{ value.split(',')[0] }} {{ value.split(',')[1] | float }}", "12,5", "12 5.0"],
    ["{{ value.split(',')[9] }}", "12,5", ""],
    ["{{ value.replace(',','.') | float }}", "3,14", "3.14"],
    ["{{ value_json.t.replace(',', '.') }}", ALL, "3.14"],
    ["{{ value_json.n.replace(',', '.') }}", ALL, null],
    ["{{ value.split() | length }} {{ value.strip('a') }}", "a b a", "3  b"],
    ["{{ value[0:2] }}{{ value[-1] }}", "abcd", "abd"],
    ["{{ value.lower().startswith('o') }}", "ON", "True"],
    ["{{ value_json.s ~ ':' ~ value_json.n }}", ALL, "idle:3"],
    ["{{ value_json.a.keys() | list | length }}", ALL, "2"],
  ]);
});

Deno.test("templates: one that holds what is not known says so, and gives nothing", () => {
  const unknown = [
    "{% set ns = namespace(x=0) %}{{ ns.x }}",
    "{% set ns.x = 1 %}",
    "{{ value | regex_findall('x') }}",
    "{{ value | regex_replace('x', 'y') }}",
    "{{ now() }}",
    "{{ utcnow().isoformat() }}",
    "{% for x in value_json %}{{ x }}{% endfor %}",
    "{{ states('sensor.x') }}",
    "{{ states.sensor.x.state }}",
    "{{ this.state }}",
    "{% macro m() %}{% endmacro %}{{ m() }}",
    "{% include 'x' %}",
    "{{ value_json | map(attribute='x') | list }}",
    "{{ ''.__class__.__mro__ }}{{ x.mro() }}",
    "{{ value",
    "{{ }}",
    "{{ (1 + }}",
    "{% if 1 %}",
    "{% endif %}",
    "{{ 'open }}",
    "{{ 1 1 }}",
    "{{ $ }}",
    `{{ value }}${" ".repeat(5_000)}`,
    `{{ ${"(".repeat(1_000)}1${")".repeat(1_000)} }}`,
    `{{ ${"[".repeat(1_000)}${"]".repeat(1_000)} }}`,
    `{{ ${"-".repeat(1_000)}1 }}`,
    `{{ ${"not ".repeat(900)}1 }}`,
    `{{ value${".a".repeat(1_000)} }}`,
    `{{ value${" | abs".repeat(600)} }}`,
    `{{ 1${" + 1".repeat(800)} }}`,
    `${"{% if 1 %}".repeat(200)}${"{% endif %}".repeat(200)}`,
    // As Zigbee2MQTT writes it for actions.
    "{% set patterns = [{'pattern': '^(?P<action>.*)$', 'groups': ['action']}] %}" +
    "{% set ns = namespace(r=[('action', value)]) %}{% for p in patterns %}{% endfor %}{{ ns.r }}",
  ];
  for (const source of unknown) {
    const template = readTemplate(source);
    assert.notEqual(template.unsupported, null, source.slice(0, 80));
    assert.match((template.render(() => 1) as { failed: string }).failed, /^unsupported template/);
  }
});

Deno.test("templates: prototypes of JavaScript are no values", () => {
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    check([
      [`{{ value_json.${name} }}`, "{}", ""],
      [`{{ value_json['${name}'] }}`, '{"a":1}', ""],
      [`{{ value_json.${name}.x }}`, "{}", null],
      [`{{ value.${name} }}`, "x", ""],
      [`{{ {}['${name}'] }}`, "", ""],
    ]);
  }
  check([["{{ value_json['__proto__'] }}", '{"__proto__": 5}', "5"]]);
});

Deno.test("templates: one that would not end, or grow without end, is ended", () => {
  const endless = [
    "{{ 'x' * 1000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{{ 'ab' * 60000 ~ 'ab' * 60000 }}",
    `{% set a = 'x' * 1000 %}${"{% set a = a ~ a %}".repeat(60)}{{ a }}`,
    `{% set a = [1] %}${"{% set a = a + a %}".repeat(60)}{{ a }}`,
    `{% set a = [1] %}${"{% set a = [a, a] %}".repeat(60)}{{ a }}`,
    `{% set a = [1] %}${"{% set a = [a, a] %}".repeat(60)}{{ a == a ~ '' or a | tojson }}`,
    `{% set a = [1] %}{% set b = [1] %}${
      "{% set a = [a, a] %}{% set b = [b, b] %}".repeat(40)
    }{{ a == b }}`,
    `{% set a = 'x' * 60000 %}${"{{ a | upper | length }}".repeat(100)}`,
    `{{ value.replace('', '${"y".repeat(1_000)}') }}`,
    "{{ 9 ** 9999 }}",
    "{{ '%999d' | format(1) * 1000000 }}",
  ];
  for (const source of endless) {
    const given = rendered(source, "x".repeat(60_000));
    assert.ok("failed" in given, source.slice(0, 60));
  }
});

const words = [
  ..."{{ }} {% %} {# #} {%- -%} {{- -}} ( ) [ ] { } , . : | ~ + - * / // % ** == != < > <= >= ="
    .split(" "),
  ..."if else elif endif set in is not and or defined none true value value_json x for".split(" "),
  ..."float int round default get split replace lower tojson length join first max 'a' \"b\" 0 1.5 9"
    .split(" "),
];

Deno.test("templates: whatever is written, it is read, it ends, and nothing is thrown", () => {
  const source = fc.oneof(
    fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((some) => some.join(" ")),
    fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((some) => `{{ ${some.join("")} }}`),
    fc.string({ maxLength: 60 }).map((text) => `{{ ${text} }}`),
  );
  const payload = fc.oneof(fc.json(), fc.string());
  fc.assert(
    fc.property(source, payload, (template, sent) => {
      const given = rendered(template, sent);
      assert.equal(typeof ("text" in given ? given.text : given.failed), "string");
    }),
    { numRuns: 3_000 },
  );
});
