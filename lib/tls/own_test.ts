import assert from "node:assert/strict";
import { join } from "node:path";
import { silentLog } from "../base/log.ts";
import { DAY_MS } from "../words/times.ts";
import type { Names } from "./certificates.ts";
import { pairIn } from "./facts.ts";
import { namesOf } from "./host_names.ts";
import { makeServer } from "./making.ts";
import { openOwn } from "./own.ts";

const HOST: Names = { dns: ["press", "press.local", "localhost"], ips: ["127.0.0.1", "10.0.0.7"] };

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-tls-" });
  try {
    await run(join(folder, "tls"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a client that trusts `ca` alone says of a server with `pair` that it knows as `hostname`. */
async function asked(
  pair: { cert: string; key: string },
  hostname: string,
  ca: string,
): Promise<string | null> {
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...pair });
  const served = listener.accept().then((connection) =>
    connection.handshake().catch(() => {}).finally(() => connection.close())
  );
  const { port } = listener.addr;
  const plain = await Deno.connect({ hostname: "127.0.0.1", port });
  const secure = await Deno.startTls(plain, { hostname, caCerts: [ca] });
  const fault = await secure.handshake().then(() => null, (error) => String(error));
  secure.close();
  await served;
  return fault;
}

Deno.test("own authority: signs for this host and private addresses, and for nothing else", () =>
  withFolder(async (folder) => {
    const options = { folder, hostName: "press", now: () => Date.now(), log: silentLog() };
    const own = await openOwn({ ...options, names: () => HOST });
    const { pem } = own.authority()!;
    for (const name of ["press.local", "localhost", "10.0.0.7"]) {
      assert.equal(await asked(own.current(), name, pem), null, name);
    }
    assert.match(await asked(own.current(), "other.local", pem) ?? "", /not valid for name/);
    const authority = pairIn(await Deno.readTextFile(join(folder, "authority.pem")));
    for (const [dns, ips] of [[["bank.example"], []], [["press"], ["8.8.8.8"]]]) {
      const stolen = await makeServer(authority, { dns, ips, nowMs: Date.now() });
      const fault = await asked(stolen, [...ips, ...dns][0], pem);
      assert.match(fault ?? "trusted", /NameConstraint|UnknownIssuer/, String(dns));
    }
    for (const file of ["authority.pem", "server.pem"]) {
      assert.equal((await Deno.stat(join(folder, file))).mode! & 0o777, 0o600, file);
    }
  }));

Deno.test("own certificate: kept over a start, made anew for new addresses and before it ends", () =>
  withFolder(async (folder) => {
    let names = HOST;
    let nowMs = Date.now();
    const options = { folder, hostName: "press", names: () => names, now: () => nowMs };
    const open = () => openOwn({ ...options, log: silentLog() });
    const first = await open();
    const again = await open();
    assert.equal(again.current().cert, first.current().cert);
    assert.equal(await again.look(), false);
    names = { ...HOST, ips: ["127.0.0.1", "10.0.0.8"] };
    assert.equal(await again.look(), true);
    assert.deepEqual(again.names().ips, ["127.0.0.1", "10.0.0.8"]);
    nowMs += 364 * DAY_MS;
    assert.equal(await again.look(), false, "more than 30 days are left");
    nowMs += 2 * DAY_MS;
    assert.equal(await again.look(), true);
    assert.ok(again.validToMs() > nowMs + 300 * DAY_MS);
    assert.deepEqual(again.authority(), first.authority(), "devices need not be told again");

    names = { ...names, dns: ["weigh", "weigh.local", "localhost"] };
    await again.look();
    assert.deepEqual(again.names().dns, ["localhost"]);
    assert.match(again.trouble() ?? "", /not for weigh, weigh\.local/);

    await Deno.writeTextFile(join(folder, "authority.pem"), "no PEM");
    const anew = await open();
    assert.notDeepEqual(anew.authority(), first.authority());
    assert.equal(anew.trouble(), null);
    const aside = [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name.includes(".unusable-"));
    assert.equal(aside.length, 1, "what was there is kept");
  }));

Deno.test("names: host name, its .local and private addresses; none of the internet", () => {
  const names = namesOf({
    hostName: "Press-Pi",
    publicUrl: "https://perch.plant.example/monitor",
    addresses: ["192.168.1.20", "8.8.8.8", "fe80::1%eth0", "fd00::5", "2001:db8::1"],
  });
  assert.deepEqual(names.dns, ["press-pi", "press-pi.local", "localhost", "perch.plant.example"]);
  assert.deepEqual(names.ips, ["127.0.0.1", "192.168.1.20", "::1", "fd00::5"]);
});
