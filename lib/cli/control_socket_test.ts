import assert from "node:assert/strict";
import { join } from "node:path";
import { PerchError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import type { Control } from "./control.ts";
import { connectControl, serveControl } from "./control_socket.ts";

function recorder(): Control & { calls: unknown[] } {
  const calls: unknown[] = [];
  return {
    calls,
    addUser(user) {
      calls.push(user);
      if (user.email === "taken@example.com") {
        throw new PerchError("conflict", "taken", {
          errors: [{ path: "email", message: "taken" }],
        });
      }
      return Promise.resolve({ id: "u1", email: user.email, role: user.role });
    },
    resetUser: (user) => Promise.resolve({ id: "u1", email: user.email, role: "admin" }),
    listUsers: () => Promise.resolve([]),
    changeUser: ({ email }) => Promise.resolve({ id: "u1", email, role: "admin" }),
    addKey: ({ name, role }) =>
      Promise.resolve({ id: "k1", key: "perch_secret", name, role: role ?? "viewer" }),
    listKeys: () => Promise.resolve([]),
    removeKey: ({ nameOrId }) => Promise.reject(new PerchError("not_found", nameOrId)),
    listSettings: () => Promise.resolve([]),
    setSetting: ({ key }) => Promise.reject(new PerchError("validation", key)),
    replay: (letters) => Promise.resolve(letters.map(() => ({ outcome: "stored" as const }))),
    beginBackup: () => Promise.reject(new PerchError("conflict", "one is being made")),
    backupJob: () => Promise.resolve(null),
    listBackups: () => Promise.resolve([]),
    cleanupBackups: () => Promise.resolve([]),
    siteZone: () => Promise.resolve("UTC"),
    checkDatabase: () => Promise.resolve([]),
    flow: () => Promise.reject(new Error("not asked for here")),
    greetChannels: () => Promise.resolve([]),
    condition: () => Promise.reject(new Error("not asked for here")),
    importFormats: () => Promise.resolve([]),
    inspectImport: () => Promise.reject(new Error("not asked for here")),
    beginImport: () => Promise.reject(new Error("not asked for here")),
    importJob: () => Promise.reject(new Error("not asked for here")),
    cancelImport: () => Promise.reject(new Error("not asked for here")),
    lastImport: () => Promise.resolve(null),
    orderReport: () => Promise.reject(new Error("not asked for here")),
    reportJob: () => Promise.reject(new Error("not asked for here")),
    reportFile: () => Promise.reject(new Error("not asked for here")),
    cancelReport: () => Promise.reject(new Error("not asked for here")),
    cameraStates: () => Promise.resolve([]),
    testCamera: () => Promise.reject(new Error("not asked for here")),
    recoverCamera: () => Promise.reject(new Error("not asked for here")),
    hostReport: () => Promise.reject(new Error("not asked for here")),
    openFaults: () => Promise.resolve([]),
    consoleStatus: () => Promise.resolve({ lines: [] }),
    resumeComponent: () => Promise.reject(new Error("not asked for here")),
    proposeCorrection: () => Promise.reject(new Error("not asked for here")),
    applyCorrection: () => Promise.reject(new Error("not asked for here")),
  };
}

async function withSocket(dataDir: string, use: (path: string, control: Control) => Promise<void>) {
  const server = serveControl({ dataDir, control: recorder(), log: silentLog() });
  const client = connectControl(server.path);
  try {
    await use(server.path, client);
  } finally {
    client.close();
    await server.stop();
  }
  assert.throws(() => Deno.lstatSync(server.path), Deno.errors.NotFound);
}

Deno.test("serveControl answers calls and only its owner may open the socket", async () => {
  const dir = await Deno.makeTempDir();
  await withSocket(dir, async (path, control) => {
    assert.equal(path, join(dir, "perch.sock"));
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    const user = { email: "a@example.com", role: "admin", password: "secret" };
    assert.deepEqual(await control.addUser(user), { id: "u1", email: user.email, role: "admin" });
    assert.equal((await control.addKey({ name: "n", role: "viewer" })).key, "perch_secret");
    assert.deepEqual(await control.checkDatabase(), []);
  });
  await Deno.remove(dir, { recursive: true });
});

Deno.test("connectControl gives back the error that the running Perch threw", async () => {
  const dir = await Deno.makeTempDir();
  await withSocket(dir, async (_path, control) => {
    const user = { email: "taken@example.com", role: "admin", password: "secret" };
    await assert.rejects(control.addUser(user), (error: PerchError) => {
      assert.equal(error.code, "conflict");
      assert.deepEqual(error.errors, [{ path: "email", message: "taken" }]);
      return true;
    });
    const wrong = control.addUser({ ...user, admin: true } as never);
    await assert.rejects(wrong, (error: PerchError) => error.code === "validation");
  });
  await Deno.remove(dir, { recursive: true });
});

Deno.test("serveControl replaces a socket that a killed process left", async () => {
  const dir = await Deno.makeTempDir();
  // A listener that is not closed properly leaves its file behind.
  await Deno.writeTextFile(join(dir, "perch.sock"), "");
  await withSocket(dir, async (_path, control) => {
    assert.deepEqual(await control.checkDatabase(), []);
  });
  await Deno.remove(dir, { recursive: true });
});

Deno.test("serveControl finds another place when the data directory's path is too long", async () => {
  const dir = await Deno.makeTempDir();
  const long = join(dir, "d".repeat(120));
  await Deno.mkdir(long);
  await withSocket(long, async (path, control) => {
    assert.ok(path.length < 108);
    assert.deepEqual(await control.checkDatabase(), []);
  });
  await Deno.remove(dir, { recursive: true });
});

Deno.test("connectControl says who does not answer", async () => {
  const control = connectControl("/nonexistent/perch.sock");
  await assert.rejects(
    control.checkDatabase(),
    (error: PerchError) => error.code === "unavailable" && /nonexistent/.test(error.message),
  );
  control.close();
});
