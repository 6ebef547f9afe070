/**
 * What a hostile script tries. Each is the body of `decode`, which leaves the topic `b` alone, or a whole module; it
 * answers `ESCAPED` where it got hold of something that it must not have. `CANARY` is a file, `PORT` listens, `PERCH_CANARY` is in the environment.
 */
export interface Attempt {
  name: string;
  source: string;
  /** It leaves the topic `b` alone. */
  spares: boolean;
}

const body = (name: string, code: string): Attempt => ({
  name,
  spares: true,
  source: `export const topics = ["#"];
const got = (what) => what ? "ESCAPED" : "no";
const globals = () => (0, eval)("globalThis");
const host = () => Function("return this")();
export function decode(message) { if (message.topic === "b") return "no"; ${code} }`,
});
const whole = (name: string, source: string): Attempt => ({ name, source, spares: false });

/** Names of what a host may offer. */
const OFFERED = [
  ...["Deno", "process", "require", "module", "Bun", "fetch", "XMLHttpRequest", "WebSocket"],
  ...["EventSource", "Worker", "SharedWorker", "importScripts", "postMessage", "onmessage"],
  ...["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "requestAnimationFrame"],
  ...["WebAssembly", "std", "os", "bjson", "scriptArgs", "navigator", "location", "caches"],
  ...["localStorage", "indexedDB", "crypto", "performance", "console", "print", "gc", "load"],
  ...["read", "quit", "Atomics", "SharedArrayBuffer", "structuredClone", "BroadcastChannel"],
  ...["MessageChannel", "Blob", "URL", "self", "window", "global", "__dirname"],
];

export const ATTEMPTS: readonly Attempt[] = [
  // What would reach outside in a script that runs beside its host.
  body("a file is read", "return got(host().Deno?.readTextFileSync('CANARY'))"),
  body("a file is written", "host().Deno?.writeTextFileSync('CANARY', 'x'); return 'no'"),
  body("a port is called", "host().fetch?.('http://127.0.0.1:PORT/'); return 'no'"),
  body("the environment is read", "return got(host().Deno?.env.get('PERCH_CANARY'))"),
  body("node's environment is read", "return got(host().process?.env?.PERCH_CANARY)"),
  body("a program is started", "new (host().Deno.Command)('true').outputSync(); return 'ESCAPED'"),
  body("a library is opened", "host().Deno.dlopen('libc.so.6', {}); return 'ESCAPED'"),
  body("the process is ended", "host().Deno.exit(3)"),
  body("a worker is started", "new (host().Worker)('data:,'); return 'ESCAPED'"),
  body("the host's prototype", "Object.prototype.polluted = 1; return 'no'"),
  body("the host's global", "globals().escaped = 1; return 'no'"),
  ...OFFERED.map((name) =>
    body(`${name} is there`, `return got(typeof host().${name} !== "undefined")`)
  ),
  // Modules.
  whole("node:fs is imported", 'import fs from "node:fs"; export const decode = () => "ESCAPED";'),
  whole("a file is imported", 'import x from "./CANARY"; export const decode = () => "ESCAPED";'),
  whole(
    "a URL is imported",
    'import x from "http://127.0.0.1:PORT/"; export const decode = () => "ESCAPED";',
  ),
  whole(
    "qjs:std is imported",
    'import * as std from "qjs:std"; export const decode = () => "ESCAPED";',
  ),
  whole("std is imported", 'import * as std from "std"; export const decode = () => "ESCAPED";'),
  whole(
    "it imports itself",
    'import { decode as d } from "hostile.js"; export const decode = () => "no";',
  ),
  whole(
    "import() at the top",
    'const m = await import("node:fs"); export const decode = () => "ESCAPED";',
  ),
  body(
    "import() of a file",
    "import('file:///CANARY').then(() => { globals().escaped = 1 }); return 'no'",
  ),
  body("import() in eval", "(0, eval)(\"import('node:fs')\"); return 'no'"),
  body("import() of data", "return import('data:text/javascript,1')"),
  body("import.meta", "return got(import.meta.url !== undefined && import.meta.dirname)"),
  // Ways round.
  body(
    "constructor of a function",
    "return got((() => {}).constructor('return typeof Deno')() !== 'undefined')",
  ),
  body(
    "constructor of the message",
    "return got(message.constructor.constructor('return typeof Deno')() !== 'undefined')",
  ),
  body("an async function's constructor", "return (async () => {}).constructor('return Deno')()"),
  body(
    "a generator's constructor",
    "return got((function* () {}).constructor('yield typeof Deno')().next().value !== 'undefined')",
  ),
  body(
    "caller",
    "function f() { return f.caller } try { return got(f() !== null && typeof f() === 'function' && f().toString().includes('inputs')) } catch { return 'no' }",
  ),
  body("arguments.callee.caller", "return got(arguments.callee.caller)"),
  body(
    "frames of the stack",
    "Error.prepareStackTrace = (e, frames) => frames; const s = new Error().stack; return got(typeof s === 'object' && s[1]?.getFunction?.()?.toString().includes('parse'))",
  ),
  body(
    "this of a frame",
    "Error.prepareStackTrace = (e, frames) => frames.map((f) => f.getThis?.()); return got([].concat(new Error().stack).some((x) => x && x.turn))",
  ),
  body("a symbol of the host", "return got(Symbol.for('Deno.internal') in globals())"),
  body("eval of a module", "(0, eval)('export const x = 1'); return 'no'"),
  // Forged answers.
  whole(
    "JSON.stringify is replaced",
    `JSON.stringify = () => '1}],[{"ok":"ESCAPED"'; export const decode = () => 1;`,
  ),
  whole(
    "JSON.parse is replaced",
    "JSON.parse = () => ({ length: 1e9 }); export const decode = () => 1;",
  ),
  whole(
    "Array.prototype is tampered with",
    "Array.prototype.push = Array.prototype.map = Array.prototype.join = () => 'ESCAPED'; export const decode = () => 1;",
  ),
  whole(
    "setters of arrays",
    "for (let i = 0; i < 9; i++) Object.defineProperty(Array.prototype, i, { set() { globalThis.seen = 1 }, get: () => 'ESCAPED' }); export const decode = () => [];",
  ),
  whole(
    "Object.prototype.toJSON",
    "Object.prototype.toJSON = () => ({ thrown: { name: {}, message: [], stack: 1 } }); export const decode = () => ({});",
  ),
  whole(
    "String.prototype.toString",
    "String.prototype.toString = String.prototype.valueOf = () => 'mine'; export const decode = () => new String('x');",
  ),
  whole(
    "Object.keys and Reflect",
    "Object.keys = Reflect.ownKeys = () => ['constructor']; export const decode = () => 1;",
  ),
  whole("Date.now stands still", "Date.now = () => 0; export function decode() { for (;;); }"),
  whole(
    "Date.now runs backwards",
    "let t = 1e15; Date.now = () => t -= 1e9; export const decode = () => 1;",
  ),
  whole(
    "a name like a built-in",
    "export const topics = []; export const decode = () => 1; export const constructor = () => 1, __proto__ = {}, toString = () => 1;",
  ),
  body(
    "__proto__ in an answer",
    'return JSON.parse(\'{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}\')',
  ),
  body("toJSON that forges", 'return { toJSON: () => \'"}],"ok":"mine"\' }'),
  body("a raw answer", "return JSON.rawJSON ? JSON.rawJSON('1},{\"ok\":2') : 'no'"),
  body("half a surrogate", "return ['\\ud800', '\\u0000', '\\u2028']"),
  body(
    "an error that is no error",
    "throw { name: { toString() { throw 1 } }, get message() { throw 2 }, get stack() { throw 3 } }",
  ),
  body(
    "an error with a false place",
    "const e = new Error('x'); e.stack = 'at hostile.js:99999999:1\\u001b[31m'; throw e",
  ),
  body("an error named Output", "throw Object.assign(new Error('x'), { name: 'Output' })"),
  body(
    "a message of control characters",
    "throw new Error('\\u001b]0;x\\u0007\\u202e'.repeat(1000))",
  ),
  body("a symbol is thrown", "throw Symbol('x')"),
  body("nothing is thrown", "throw undefined"),
  body("a proxy is thrown", "throw new Proxy({}, { get() { for (;;); } })"),
  // Answers that do something when they are looked at.
  body("a getter without end", "return { get value() { for (;;); } }"),
  body("a proxy with keys without end", "return new Proxy({}, { ownKeys() { for (;;); } })"),
  body("toJSON without end", "return { toJSON() { for (;;); } }"),
  body("toJSON that answers itself", "const x = { toJSON: () => ({ x }) }; return x"),
  body("a circle", "const x = {}; x.x = x; return x"),
  body("a function", "return () => 'ESCAPED'"),
  body("a big integer", "return 1n"),
  body("a promise", "return Promise.resolve('ESCAPED')"),
  body("a thenable", "return { then(resolve) { resolve('ESCAPED') } }"),
  body("an async function", "return (async () => 'ESCAPED')()"),
  body("jobs without end", "const f = () => Promise.resolve().then(f); f(); return 'no'"),
  body("a generator without end", "return [...(function* () { for (;;) yield 1 })()]"),
  // Time.
  body("a loop", "for (;;);"),
  body("a loop that catches", "for (;;) try { for (;;); } catch {}"),
  body("a loop in finally", "try { for (;;); } finally { for (;;); }"),
  body("a regular expression", "return /^(a+)+$/.test('a'.repeat(40) + 'b')"),
  body("a nested regular expression", "return /(x+x+)+y/.test('x'.repeat(60))"),
  body("a replace with a function", "return 'a'.repeat(1e5).replace(/a/g, () => { for (;;); })"),
  body(
    "a sort that never agrees",
    "return Array.from({ length: 1e6 }, (_, i) => i).sort(() => { for (;;); })",
  ),
  body(
    "a built-in that cannot be interrupted",
    "return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
  ),
  whole("a loop at the top", "export const decode = () => 1; for (;;);"),
  whole(
    "an export that never ends",
    "export const decode = () => 1; export const topics = { toJSON() { for (;;); } };",
  ),
  // Memory and stack.
  body("arrays", "const a = []; for (;;) a.push(new Array(1000).fill(1))"),
  body("buffers", "const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))"),
  body("one large buffer", "return new ArrayBuffer(2 ** 31 - 1).byteLength"),
  body("a string that doubles", "let s = 'abc'; for (;;) s += s"),
  body("a long string", "return 'x'.repeat(2e6)"),
  body("a padded string", "return 'x'.padEnd(2 ** 29)"),
  body("an array with holes", "return new Array(2 ** 32 - 1)"),
  body("recursion", "return decode(message) + 1"),
  body(
    "recursion that catches",
    "function f() { try { return f() } catch { return f() } } return f()",
  ),
  body("deep arrays", "let x = []; for (let i = 0; i < 1e5; i++) x = [x]; return x"),
  body("deep JSON", "return JSON.parse('['.repeat(1e5))"),
  body("deep text of a program", "return (0, eval)('('.repeat(1e5))"),
  body("a deep regular expression", "return new RegExp('('.repeat(1e5))"),
  body(
    "an answer a little too deep",
    "let x = 1; for (let i = 0; i < 40; i++) x = { x }; return x",
  ),
  body("ten thousand large answers", "return Array.from({ length: 1e4 }, () => 'x'.repeat(1000))"),
  body(
    "memory is kept for later",
    "(globals().kept ??= []).push('x'.repeat(1e6).split('')); return 'no'",
  ),
];
