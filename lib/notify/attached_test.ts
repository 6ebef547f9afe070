import assert from "node:assert/strict";
import { withFile } from "./attached.ts";
import { messageOf } from "./message_of.ts";

function made(bytes: number, publicUrl: string | null = "https://perch.example.org") {
  const file = { job: "abc", name: "perch-2026-11.pdf", type: "application/pdf", bytes };
  const report = { badge: "Report", look: "info", title: "Weekly", facts: [], sections: [] };
  return messageOf({
    ...{ id: 1, uid: "u", type: "report.made", subject: "report:abc", severity: "info" },
    ...{ tMs: 0, text: "made", actor: null, body: { file, report } },
  }, { zone: "UTC", publicUrl });
}

Deno.test("a report goes along with its mail up to 10 MB; else the mail says where it is", async () => {
  const fileOf = () => Promise.resolve(new Uint8Array([1, 2]));
  const small = await withFile({ fileOf }, made(2));
  assert.deepEqual(small.files, [
    { file: "perch-2026-11.pdf", type: "application/pdf", content: new Uint8Array([1, 2]) },
  ]);
  assert.deepEqual(small.lines, []);

  const large = await withFile({ fileOf: () => assert.fail("not read") }, made(10_000_001));
  assert.equal(large.files, undefined);
  assert.match(large.lines[0], /10(\.0)?\sMB, which is too large .* sign in there\.$/);
  assert.equal(large.link, "https://perch.example.org/reports/abc");
  const unknown = await withFile({ fileOf: () => assert.fail("not read") }, made(2e7, null));
  assert.match(unknown.lines[0], /Find it in Perch under Reports\.$/);

  const gone = await withFile({ fileOf: () => Promise.resolve(null) }, made(2));
  assert.match(gone.lines[0], /^The file is kept no longer\./);
  // What cannot be read now is tried again by the outbox.
  await assert.rejects(
    withFile({ fileOf: () => Promise.reject(new Error("EIO")) }, made(2)),
    /EIO/,
  );
});
