/**
 * Reads a file as a compiled program reads what it carries, into memory of the C library, and has it exchanged.
 * Arguments: the file, where in it that begins, and whether the copy is the `same` or `other`. Prints how much was
 * exchanged, whether the file stands there then, and whether the bytes are the same.
 */
import { mapCarried } from "../../lib/base/carried_memory.ts";
import { openOwnProcess } from "../../lib/base/own_process.ts";

const [path, from, kind] = Deno.args;
const libc = Deno.dlopen("libc.so.6", {
  mallopt: { parameters: ["i32", "i32"], result: "i32" },
  malloc: { parameters: ["usize"], result: "pointer" },
  memcpy: { parameters: ["pointer", "buffer", "usize"], result: "pointer" },
}).symbols;
const carried = Deno.readFileSync(path).subarray(Number(from));
// As it is when a program starts: what is large is apart.
libc.mallopt(-3, 1 << 18);
const copy = libc.malloc(BigInt(carried.length))!;
libc.memcpy(copy, carried, BigInt(carried.length));
const seen = new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(copy, carried.length));
if (kind === "other") seen[carried.length >> 1] ^= 1;
const bytes = await mapCarried(openOwnProcess()!, path);
const isMapped = Deno.readTextFileSync("/proc/self/maps").includes(path);
const isSame = seen.every((byte, at) => byte === carried[at]);
console.log(JSON.stringify({ bytes, isMapped, isSame }));
Deno.exit(0);
