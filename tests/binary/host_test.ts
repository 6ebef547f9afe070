/**
 * How Perch looks after its host, on the compiled binaries with the permissions that they have: signs of life to a
 * service manager, which starts one that hangs again; reports of other programs, log files, commands, pages; a
 * failed unit over a real D-Bus; emergency mode at 85 °C and on a full disk. One start serves for all that one start
 * can show. On ARM64 each process takes half a minute to start under qemu: the commands, two of the three
 * faults and the second start are there with `DRILL_ON=all` alone; and so is the end of the emergency, ten minutes after it began.
 *
 * Controls: SABOTAGE=watchdog sends signs of life from elsewhere; SABOTAGE=emergency switches emergency mode off.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openServiceSocket } from "../../lib/base/service_socket.ts";
import { STAY_MS } from "../../lib/health/emergency/decide.ts";
import { SHED_ORDER } from "../../lib/health/emergency/shedding.ts";
import { spaceOf } from "../../lib/health/host/disk.ts";
import { binaries, type Binary } from "../support/binaries.ts";
import { haveMounts, type SmallDisk, smallDisk } from "../support/disk.ts";
import { type FirstAccount, firstAccount } from "../support/first_account.ts";
import { failed, haveDbus, type HostBus, startHostBus } from "../support/host_bus.ts";
import { type MadeUpHost, makeUpHost } from "../support/made_up_host.ts";
import { perchCommand } from "../support/perch.ts";
import { sabotaged } from "../support/sabotage.ts";
import { manage, type ManagedPerch } from "../support/service_manager.ts";
import { until } from "../support/until.ts";
import { lockDatabase, sendReadings } from "../support/watchdog_faults.ts";

const onAll = Deno.env.get("DRILL_ON") === "all";
const UNIT = "nginx.service";
const EMERGENCY_MS = 10_000;
/** What a permission that is missing sounds like. */
const REFUSED = /NotCapable|Requires \w+ access|PermissionDenied/;
/** What a database that another program holds keeps from going on. */
const HUNG = /The database has not answered|The intake has stored none|database is locked/;
const ORDER = Object.values(SHED_ORDER);

interface Site {
  perch: ManagedPerch;
  account: FirstAccount;
  dataDir: string;
  /** Longest wait for what is not the promise. */
  patienceMs: number;
}

interface Told {
  at_ms: number;
  text: string;
}

/** As the person at the browser, else as a program with its key. */
interface Asked extends RequestInit {
  byPerson?: boolean;
  headers?: Record<string, string>;
}

async function ask({ perch, account }: Site, path: string, { byPerson, ...init }: Asked = {}) {
  const who = byPerson ? account.browser : { authorization: `Bearer ${account.key}` };
  const headers = { ...who, ...init.headers };
  const response = await fetch(await perch.url() + path, { ...init, headers, redirect: "manual" });
  const text = await response.text();
  assert.ok(response.ok, `${path}: ${response.status} ${text}`);
  assert.doesNotMatch(text, REFUSED, path);
  return text;
}

function send(site: Site, path: string, body: unknown, asked: Asked = {}): Promise<string> {
  const headers = { "content-type": "application/json" };
  return ask(site, path, { method: "POST", headers, body: JSON.stringify(body), ...asked });
}

/** Events of a type, oldest first. */
async function told(site: Site, type: string): Promise<Told[]> {
  return JSON.parse(await ask(site, `/api/events?type=${type}&limit=100`)).items.reverse();
}

/** The first event of a type whose text matches. */
function event(site: Site, type: string, text: RegExp, withinMs: number): Promise<Told> {
  const look = async () => (await told(site, type)).find((one) => text.test(one.text)) ?? null;
  return until(`an event of ${type}: ${text}`, look, withinMs);
}

/** Other programs report, and what tells about them and the host answers. */
async function answers(site: Site): Promise<void> {
  for (const unit of ["°C", "bar"]) {
    await send(site, "/api/ingest", { machine: "hall", sensor: "p", value: 20, unit });
  }
  await send(site, "/api/events", { type: "scan", message: "Badge 4711" });
  await send(site, "/api/events", { type: "error", message: "No paper", component: "printer" });
  await send(site, "/api/components/gateway", { state: "degraded", queue: 60 });
  const read = [
    ...["/api/metrics", "/api/status", "/api/events/export?from=-1h", "/api/logs/recent?hours=1"],
    ...["/api/health/summary", "/api/metrics/performance", "/api/metrics/history"],
  ];
  for (const path of read) JSON.parse(await ask(site, path));
  for (const page of ["/events", "/host", "/system"]) {
    const asked = { headers: { accept: "text/html" }, byPerson: true };
    assert.match(await ask(site, page, asked), /<\/html>/, page);
  }
  for (const name of ["sensor", "error", "data"]) {
    const path = join(site.dataDir, "logs", `${name}_events.log`);
    const sizeOf = () => Deno.stat(path).then(({ size }) => size || null, () => null);
    await until(`lines in ${path}`, sizeOf, site.patienceMs);
  }
}

/** The listed unit had failed when Perch started; a person restarts it, too. Without a bus it says so. */
async function restartsUnits(site: Site, bus: HostBus): Promise<void> {
  await event(
    site,
    "unit.restarted",
    /^nginx\.service had failed and was restarted/,
    site.patienceMs,
  );
  const { refusal, units } = JSON.parse(await ask(site, "/api/system"));
  assert.equal(refusal, null);
  assert.deepEqual(units.map(({ name, active }: Record<string, string>) => [name, active]), [
    [UNIT, "active"],
  ]);
  const meant = { host: Deno.hostname(), password: site.account.password, units: [UNIT] };
  await send(site, "/api/system/restart-services", meant, { byPerson: true });
  assert.deepEqual(bus.asked, Array(2).fill(`RestartUnit ${UNIT} replace`));
  // As on a host without systemd.
  await bus.kill();
  await Deno.remove(bus.address.replace("unix:path=", ""));
  const without = JSON.parse(await ask(site, "/api/system"));
  assert.match(without.refusal, /no D-Bus can be used .* this works on a host that runs systemd/);
}

/** Beside the running Perch on its small disk, and where none runs; each ends with the code that it should. */
async function commands(binary: string[], site: Site): Promise<void> {
  const empty = await Deno.makeTempDir({ prefix: "perch-empty-" });
  await Deno.chmod(empty, 0o700);
  const cases: [string, number, RegExp, string][] = [
    ["health --json", 0, /"status":"ok".*"temperatures":\[\{"name":"cpu/, site.dataDir],
    ["health --json", 1, /"status":"stopped".*"temperatures":\[\{"name":"cpu/, empty],
    ["logs --json", 0, /"by_severity":\{.*"error":[1-9]/, site.dataDir],
    ["check --json", 1, /"state":"problem","detail":"\d+ MB of 67 MB are free"/, site.dataDir],
    ["check --json", 0, /"ok":true/, empty],
    ["install --dry-run", 0, /### \/etc\/systemd\/system\/perch\.service \(0644, new\)/, empty],
    [`install --root ${empty}/host`, 0, /^\/usr\/local\/bin\/perch {2}new$/m, empty],
    [`uninstall --root ${empty}/host`, 0, /^\/usr\/local\/bin\/perch {2}removed$/m, empty],
    ["optimise", 0, /Measured: commits of as many readings/, empty],
  ];
  try {
    for (const [line, code, expected, dataDir] of cases) {
      const [command, args] = perchCommand(binary, line.split(" "));
      const ended = await new Deno.Command(command, {
        args,
        env: { PERCH_DATA: dataDir, PERCH_PORT: "0", MQTT_PORT: "0", NO_COLOR: "1" },
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      const said = decoder.decode(ended.stdout) + decoder.decode(ended.stderr);
      assert.equal(ended.code, code, `${line}: ${said}`);
      assert.match(said, expected, line);
      assert.doesNotMatch(said, REFUSED, line);
    }
  } finally {
    await Deno.remove(empty, { recursive: true });
  }
}

/** A hot processor, then a full disk: within ten seconds, in the stated order. */
async function emergency(site: Site, host: MadeUpHost, disk: SmallDisk): Promise<void> {
  if (sabotaged("emergency")) {
    await send(site, "/api/settings/host.emergency", { value: false }, { method: "PATCH" });
  }
  const heatMs = Date.now();
  await host.heat(85);
  const entered = await event(
    site,
    "emergency.entered",
    /the processor is at 85 °C/,
    EMERGENCY_MS + site.patienceMs,
  );
  assert.ok(entered.at_ms - heatMs <= EMERGENCY_MS, `after ${entered.at_ms - heatMs} ms`);
  await event(site, "emergency.step", /backups/, site.patienceMs);
  const stopped = (await told(site, "emergency.step")).map(({ text }) => text);
  assert.deepEqual(stopped, ORDER.map((name) => `Stopped for now: ${name}`));

  const { freeBytes } = await spaceOf(disk.path);
  const fullMs = Date.now();
  await disk.take(freeBytes - 2_600_000);
  const reserve = /^Freed .*: the reserve of the disk$/;
  const freed = await event(site, "emergency.step", reserve, EMERGENCY_MS + site.patienceMs);
  assert.ok(freed.at_ms - fullMs <= EMERGENCY_MS, `after ${freed.at_ms - fullMs} ms`);
  await disk.free();
  await host.heat(50);
  if (!onAll) return;
  await new Promise((resolve) => setTimeout(resolve, STAY_MS));
  await event(site, "emergency.left", /^The host is well again/, site.patienceMs);
  await event(site, "emergency.step", /^Goes on: backtests/, site.patienceMs);
  const steps = (await told(site, "emergency.step")).map(({ text }) => text);
  assert.deepEqual(
    steps.filter((text) => text.startsWith("Goes on: ")),
    ORDER.toReversed().map((name) => `Goes on: ${name}`),
  );
}

/** No sign of life while it hangs, and it is started again within the deadline and five seconds. */
async function startedAgain(
  site: Site,
  watchdogS: number,
  fault: (site: Site) => (() => void) | Promise<() => void>,
): Promise<number> {
  const { perch, dataDir } = site;
  const end = await fault(site);
  const faultMs = performance.now();
  // A commit of so long ago may still stand for the disk.
  const graceMs = 1_000 + Math.min(2_000, watchdogS * 250);
  const socket = openServiceSocket(join(dataDir, "notify"))!;
  const elsewhere = sabotaged("watchdog") ? setInterval(() => socket.send("WATCHDOG=1"), 200) : 0;
  try {
    // Ended for want of signs of life, or by itself.
    const again = await perch.until("start", faultMs, (watchdogS + 5) * 1000);
    const pings = perch.seen.filter(({ what, ms }) => what === "ping" && ms > faultMs + graceMs);
    assert.ok(pings.every(({ ms }) => ms > again.ms), "no sign of life is sent while it hangs");
    return again.ms;
  } finally {
    clearInterval(elsewhere);
    end();
  }
}

/** Every thread stands still; no file can be opened; another program holds the database. */
const FAULTS: Record<string, (site: Site) => (() => void) | Promise<() => void>> = {
  stopped({ perch }) {
    Deno.kill(perch.pid(), "SIGSTOP");
    return () => {};
  },
  async descriptors({ perch }) {
    // Once it serves: one that cannot listen ends by itself.
    await perch.url();
    const args = ["--pid", `${perch.pid()}`, "--nofile=3:3"];
    assert.ok(new Deno.Command("prlimit", { args }).outputSync().success);
    return () => {};
  },
  async lock({ perch, account, dataDir }) {
    const stop = await sendReadings(perch, account.key);
    const unlock = await lockDatabase(dataDir);
    return () => (stop(), unlock());
  },
};

/** One fault after the other; the last is known by its name to the start after it. */
async function hangs(site: Site, watchdogS: number, readyMs: number, isQuick: boolean) {
  const { perch, dataDir } = site;
  for (const fault of isQuick ? ["stopped", "descriptors"] : []) {
    const againMs = await startedAgain(site, watchdogS, FAULTS[fault]);
    await perch.until("ready", againMs, readyMs);
  }
  const againMs = await startedAgain(site, watchdogS, FAULTS.lock);
  if (!isQuick) {
    assert.match(await Deno.readTextFile(join(dataDir, "hung.json")), HUNG);
    return;
  }
  const ready = await perch.until("ready", againMs, readyMs);
  await perch.until("ping", ready.ms, watchdogS * 1000);
  const hung = new RegExp(`^Perch hung, was ended and started again.*(${HUNG.source})`);
  await event(site, "task.restarted", hung, site.patienceMs);
}

for (const one of binaries()) {
  Deno.test({
    name: `${one.file} (${one.name}) looks after its host`,
    ignore: !one.isThere || !haveMounts() || !haveDbus(),
  }, (test) => looksAfterItsHost(one, test));
}

async function looksAfterItsHost({ runner, path, readyMs }: Binary, test: Deno.TestContext) {
  const isSlow = runner.length > 0;
  const watchdogS = isSlow ? 30 : 3;
  await using disk = await smallDisk(64);
  await using bus = await startHostBus();
  bus.units.set(UNIT, failed());
  const socket = bus.address.replace("unix:path=", "");
  await using host = await makeUpHost({ bus: socket, units: [UNIT] });
  const dataDir = join(disk.path, "data");
  await Deno.mkdir(dataDir, { mode: 0o700 });
  const binary = [...host.under, ...runner, path];
  await using perch = manage({ dataDir, watchdogS, binary });
  const ready = await perch.until("ready", 0, readyMs);
  assert.match(ready.text, /^STATUS=\w+, [\d.]+ readings\/s\.$/m);
  await perch.until("ping", ready.ms, watchdogS * 1000);
  const account = await firstAccount(await perch.url(), perch.output());
  const site: Site = { perch, account, dataDir, patienceMs: isSlow ? 30_000 : 5_000 };
  const steps: Record<string, () => Promise<void>> = {
    "reports, log files, answers and pages": () => answers(site),
    "a failed unit over D-Bus": () => restartsUnits(site, bus),
    ...(onAll || !isSlow ? { commands: () => commands(binary, site) } : {}),
    "emergency mode": () => emergency(site, host, disk),
    "signs of life": () => hangs(site, watchdogS, readyMs, onAll || !isSlow),
  };
  for (const [name, fn] of Object.entries(steps)) {
    if (!await test.step(name, fn)) console.log(perch.output());
  }
  assert.doesNotMatch(perch.output(), REFUSED);
}
