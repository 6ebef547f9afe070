import assert from "node:assert/strict";
import { type ErrorCode, PerchError } from "../../lib/base/errors.ts";
import { readMultipart } from "./multipart.ts";

function requestOf(form: FormData): Request {
  return new Request("http://localhost/", { method: "POST", body: form });
}

function raw(text: string, type = "multipart/form-data; boundary=x"): Request {
  const headers = { "content-type": type };
  return new Request("http://localhost/", { method: "POST", body: text, headers });
}

const refused = (code: ErrorCode, message: RegExp) => (error: unknown) =>
  error instanceof PerchError && error.code === code && message.test(error.message);

Deno.test("readMultipart gives fields and the bytes of the file, whatever they are", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(50_000));
  const form = new FormData();
  form.set("id", "abc");
  form.set("alt", "Öl, links");
  form.set("photo", new Blob([bytes], { type: "text/html" }), "../../etc/passwd");
  const read = await readMultipart(requestOf(form), "photo", 60_000);
  assert.deepEqual(read, {
    fields: { id: "abc", alt: "Öl, links" },
    file: { name: "../../etc/passwd", bytes },
  });
  // A second input for the same, left empty.
  form.append("photo", new Blob([]), "");
  assert.deepEqual(await readMultipart(requestOf(form), "photo", 60_000), read);
  form.delete("photo");
  form.append("photo", new Blob([]), "");
  form.append("photo", new Blob([bytes]), "b.png");
  assert.equal((await readMultipart(requestOf(form), "photo", 60_000)).file?.name, "b.png");
  form.delete("photo");
  assert.equal((await readMultipart(requestOf(form), "photo", 60_000)).file, null);
});

Deno.test("readMultipart refuses what is too large, too much, or no form", async () => {
  const form = new FormData();
  form.set("photo", new Blob([new Uint8Array(2000)]), "a");
  await assert.rejects(
    readMultipart(requestOf(form), "photo", 1999),
    refused("payload_too_large", /too large; 0\.0 MB are allowed/),
  );
  await assert.rejects(
    readMultipart(requestOf(form), "other", 5000),
    refused("validation", /other|unknown field/),
  );
  form.append("photo", new Blob([new Uint8Array(10)]), "b");
  await assert.rejects(
    readMultipart(requestOf(form), "photo", 5000),
    refused("validation", /photo: one file at a time/),
  );
  const many = new FormData();
  for (let i = 0; i < 30; i++) many.set(`f${i}`, "x");
  await assert.rejects(
    readMultipart(requestOf(many), "photo", 10),
    refused("bad_request", /parts/),
  );
  const long = new FormData();
  long.set("alt", "x".repeat(70_000));
  await assert.rejects(readMultipart(requestOf(long), "photo", 10), refused("bad_request", /long/));
  for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
    await assert.rejects(
      readMultipart(raw("a=1", type), "photo", 10),
      refused("unsupported_media_type", /multipart/),
    );
  }
  for (const text of ["", "--x", "--x\r\ncontent-disposition: form-data; name=photo\r\n\r\nabc"]) {
    await assert.rejects(
      readMultipart(raw(text), "photo", 10),
      refused("bad_request", /not a valid form/),
    );
  }
  await assert.rejects(
    readMultipart(raw("--x", "multipart/form-data; no boundary"), "photo", 10),
    refused("bad_request", /not a valid form/),
  );
});

Deno.test("readMultipart lets other work go on while it reads a large file", async () => {
  const form = new FormData();
  form.set(
    "photo",
    new Blob([crypto.getRandomValues(new Uint8Array(65_536)), new Uint8Array(7e6)]),
  );
  const request = requestOf(form);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const { file } = await readMultipart(request, "photo", 8e6);
  clearInterval(timer);
  assert.equal(file!.bytes.length, 7e6 + 65_536);
  assert.ok(turns > 20, `${turns} turns`);
});
