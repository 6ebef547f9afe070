import assert from "node:assert/strict";
import { plainText } from "./plain_text.ts";
import { createRedaction } from "./redact.ts";

Deno.test("createRedaction: keys, passwords, mails and addresses do not leave; the same is the same mark", () => {
  const secrets = [
    "AIzaSyA1234567890abcdefghijklmnopqrstu",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghij",
    "sk-abcdefghij1234567890",
    "ghp_abcdefghijklmnopqrst1234567890123456",
    "AKIAIOSFODNN7EXAMPLE",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ada.lovelace+x@example.co.uk",
    "192.168.178.23",
    "2001:db8:85a3::8a2e:370:7334",
    "b8:27:eb:12:34:56",
  ];
  for (const secret of secrets) {
    const { hide, restore } = createRedaction();
    const hidden = hide(`reader ${secret} said ${secret}`);
    assert.ok(!hidden.includes(secret), hidden);
    assert.match(hidden, /^reader \[(\w+)-1\] said \[\1-1\]$/, secret);
    assert.equal(restore(hidden, true), `reader ${secret} said ${secret}`);
    assert.equal(restore(hidden, false), hidden);
  }
  const said: [string, string][] = [
    ["password=hunter22 ok", "password=[secret-1] ok"],
    ['{"api_key": "abc-123"}', '{"api_key": "[secret-1]"}'],
    ["mqtt://user:pass@broker/x", "mqtt://[secret-1]@broker/x"],
    ["Authorization: Bearer abcdefgh12345", "Authorization: Bearer [key-1]"],
  ];
  for (const [text, wanted] of said) assert.equal(createRedaction().hide(text), wanted);
});

Deno.test("createRedaction: in a script a variable that is called token is none, a text is", () => {
  const { hide, restore } = createRedaction([], { code: true });
  const source = `const token = parse(text); const password = "hunter22"; host = '10.0.0.7';`;
  const hidden = hide(source);
  assert.equal(
    hidden,
    `const token = parse(text); const password = "[secret-1]"; host = '[address-1]';`,
  );
  assert.equal(restore(hidden, true), source);
});

Deno.test("createRedaction: what people measure stays as it is; names go where that is wanted, and come back", () => {
  const plain =
    "Press 3: bearing_temperature 83.4 °C at 2026-11-29 10:15:00, version 1.2.3, limit 80";
  assert.equal(createRedaction().hide(plain), plain);
  const { hide, restore } = createRedaction(["Press 3", "Press 31", "Ada"]);
  assert.equal(hide("Press 31 and Press 3, says Ada"), "[name-1] and [name-2], says [name-3]");
  assert.equal(restore("[name-1] and [name-9]", false), "Press 31 and [name-9]");
});

Deno.test("createRedaction: no text of 64 kB takes long", () => {
  const texts = [
    " ",
    "a-",
    "eyJaaaaaaaa-",
    "token ",
    "password: ",
    "-----BEGIN ",
    "a:",
    "1.",
    "x://",
    "a@",
  ];
  for (const text of texts) {
    const startedMs = performance.now();
    createRedaction().hide(text.repeat(64_000 / text.length));
    assert.ok(performance.now() - startedMs < 5_000, `${text}: ${performance.now() - startedMs}`);
  }
});

Deno.test("plainText: no link, address, number to call, mark or unseen character is left", () => {
  const said: [string, string][] = [
    ["see https://evil.example.com/x?y=1 now", "see (link removed) now"],
    ["[click](http://evil.example.com)", "click"],
    ["go to evil.example.com/login", "go to (link removed)"],
    ["mail eve@evil.com", "mail (address removed)"],
    ["call +49 30 1234567!", "call (number removed)!"],
    ["# **Alarm**", "Alarm"],
    ["a\u202eb\u200bc\u0000d", "abcd"],
    ["83.4 °C, 12 345 readings, 2026-11-29", "83.4 °C, 12 345 readings, 2026-11-29"],
  ];
  for (const [text, wanted] of said) assert.equal(plainText(text, 200), wanted);
  assert.equal(plainText("x".repeat(300), 10), `${"x".repeat(9)}…`);
});
