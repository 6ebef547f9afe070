/** `perch install` below a folder, rated by the real systemd-analyze, and on a real D-Bus with a made-up systemd. */
import assert from "node:assert/strict";
import { fakeClock } from "../support/fake_clock.ts";
import { createSystemd } from "../../lib/health/system/systemd.ts";
import { activate, reload, stopPerch } from "../../lib/cli/install/activate.ts";
import { polkitRule } from "../../lib/cli/install/host_files.ts";
import { createOnHost } from "../../lib/cli/install/on_host.ts";
import { perch } from "../support/command_line.ts";
import { haveCommands } from "../support/commands.ts";
import { perchHere } from "../support/command_here.ts";
import { failed, haveDbus, startHostBus } from "../support/host_bus.ts";
import { filesOf, RULE, UNIT, withRoot } from "../support/host_root.ts";
import { sabotaged } from "../support/sabotage.ts";

const read = (root: string, path: string) => Deno.readTextFileSync(root + path);

Deno.test("install: --dry-run prints every file and changes nothing; the install writes exactly those", async () => {
  await withRoot(async (root) => {
    const before = filesOf(root);
    const dry = await perchHere(root, [
      "install",
      "--root",
      root,
      "--dry-run",
      "--camera",
      "--gpio",
    ]);
    assert.equal(dry.code, 0, dry.err);
    assert.deepEqual(filesOf(root), before);
    // As a process, with the permissions of the product.
    const installed = await perch(root, ["install", "--root", root, "--camera", "--gpio"]);
    assert.equal(installed.code, 0, installed.err);
    const shown = Array.from(
      dry.out.matchAll(/^### (\S+) \(0(\d+), /gm),
      ([, path, mode]) => [path, mode] as const,
    );
    assert.deepEqual({ ...before, ...Object.fromEntries(shown) }, filesOf(root));
    assert.deepEqual(filesOf(root)["/etc/perch.env"], "600");
    for (const path of [UNIT, RULE]) assert.ok(dry.out.includes(read(root, path)), path);
    assert.match(read(root, `${UNIT}.d/gpio.conf`), /^SupplementaryGroups=gpio$/m);
    assert.match(read(root, `${UNIT}.d/camera.conf`), /^SupplementaryGroups=video$/m);
    assert.match(read(root, UNIT), /^KillMode=control-group$/m);
    const filter = [...read(root, UNIT).matchAll(/^SystemCallFilter=(.*)$/gm)].map(([, of]) => of);
    assert.equal(filter.at(-1), "setpriority", "ffmpeg may be put behind Perch");
    assert.match(read(root, "/usr/local/share/doc/perch/nginx.conf"), /proxy_buffering off/);
    assert.match(read(root, "/usr/local/share/doc/perch/Caddyfile"), /reverse_proxy/);
  });
});

Deno.test("install: a second time there is nothing to do; what somebody changed is kept", async () => {
  await withRoot(async (root) => {
    const install = (...more: string[]) => perchHere(root, ["install", "--root", root, ...more]);
    await install("--camera");
    const again = await install();
    assert.match(again.out, /^Nothing to do\.$/);
    assert.ok(`${UNIT}.d/camera.conf` in filesOf(root), "a feature stays until it is taken away");

    const mine = read(root, UNIT) + "# mine\n";
    await Deno.writeTextFile(root + UNIT, mine);
    await Deno.writeTextFile(`${root}/etc/perch.env`, "PERCH_PORT=9000\n");
    await Deno.writeTextFile(`${root}/etc/perch/units`, "mosquitto\nnginx.service # the proxy\n");
    const third = await install();
    assert.match(third.out, /perch\.service {2}changed by somebody: kept as \.perch-old/);
    assert.equal(read(root, `${UNIT}.perch-old`), mine);
    assert.ok(!read(root, UNIT).includes("# mine"));
    assert.equal(read(root, "/etc/perch.env"), "PERCH_PORT=9000\n");
    assert.match(read(root, "/etc/avahi/services/perch.service"), /<port>9000</);
    assert.match(read(root, RULE), /\["perch.service","mosquitto.service","nginx.service"\]/);
    assert.match((await install()).out, /^Nothing to do\.$/);

    await Deno.chmod(`${root}/etc/perch/units`, 0o666);
    const refused = await install();
    assert.match(refused.err, /units is not followed: others than root can write it/);
    assert.ok(!read(root, RULE).includes("nginx"), "a list that others write gives no rights");
  });
});

Deno.test("uninstall: takes back what was written, keeps what is the owner's, and says where the data is", async () => {
  await withRoot(async (root) => {
    const before = filesOf(root);
    await perchHere(root, ["install", "--root", root, "--gpio"]);
    await Deno.mkdir(`${root}/var/lib/perch`, { recursive: true });
    await Deno.writeTextFile(`${root}/var/lib/perch/perch.db`, "readings");
    await Deno.writeTextFile(`${root}/etc/perch.env`, "PERCH_PORT=9000\n");
    await Deno.writeTextFile(root + RULE, "// mine\n");
    const { code, out } = await perchHere(root, ["uninstall", "--root", root]);
    assert.equal(code, 0);
    assert.match(out, /The data is kept in \/var\/lib\/perch/);
    assert.deepEqual(
      Object.keys(filesOf(root)).sort(),
      [
        ...Object.keys(before),
        "/etc/perch.env",
        `${RULE}.perch-old`,
        "/var/lib/perch/perch.db",
      ].sort(),
    );
    const again = await perchHere(root, ["uninstall", "--root", root]);
    assert.match(again.out, /not installed/);
  });
});

Deno.test("install: a list of what was written that is damaged stops it with a sentence", async () => {
  await withRoot(async (root) => {
    await perchHere(root, ["install", "--root", root]);
    await Deno.writeTextFile(`${root}/etc/perch/installed.json`, '{"files": [');
    const { code, err } = await perchHere(root, ["install", "--root", root]);
    assert.equal(code, 2);
    assert.match(err, /installed\.json does not list what was installed; remove it/);
  });
});

// SABOTAGE=exposure: the unit may gain privileges and see the homes.
Deno.test("install: systemd-analyze rates the unit at 1.5 or better, with every feature too", async () => {
  await withRoot(async (root) => {
    await perchHere(root, ["install", "--root", root, "--camera", "--gpio"]);
    if (sabotaged("exposure")) {
      const weak = read(root, UNIT).replace(
        /^(NoNewPrivileges|ProtectHome|PrivateUsers)=.*\n/gm,
        "",
      );
      await Deno.writeTextFile(root + UNIT, weak);
    }
    const { success, stdout, stderr } = await new Deno.Command("systemd-analyze", {
      args: [
        ...["security", "--offline=true", "--threshold=15", "--no-pager", `--root=${root}`],
        "perch.service",
      ],
      env: { LC_ALL: "C.UTF-8" },
    }).output();
    const said = new TextDecoder().decode(stdout);
    assert.ok(success, said + new TextDecoder().decode(stderr));
    assert.match(read(root, UNIT), /^Type=notify\n[^]*^WatchdogSec=60$/m);
    const level = Number(/exposure level for perch\.service: ([\d.]+)/.exec(said)?.[1]);
    assert.ok(level > 0 && level <= 1.5, `${level}`);
    assert.match(said, /✗ MemoryDenyWriteExecute=/, "the JavaScript engine needs such memory");
  });
});

// SABOTAGE=calls: the filter refuses a call that nothing can do without.
Deno.test({
  name: "install: ffmpeg gives pictures under the system calls that the unit refuses",
  ignore: !haveCommands({ strace: "strace", ffmpeg: "ffmpeg", "systemd-analyze": "systemd" }),
  async fn() {
    await withRoot(async (root) => {
      await perchHere(root, ["install", "--root", root, "--camera"]);
      const unit = read(root, UNIT);
      assert.match(unit, /^SystemCallErrorNumber=EPERM$/m);
      const groups = /^SystemCallFilter=~(.+)$/m.exec(unit)![1].split(" ");
      const { stdout } = await new Deno.Command("systemd-analyze", {
        args: ["syscall-filter", "--no-pager", ...groups],
      }).output();
      const listed = new TextDecoder().decode(stdout).matchAll(/^ +(\w+)$/gm);
      const refused = Array.from(listed, ([, call]) => `?${call}`);
      assert.ok(refused.length > 30 && refused.includes("?setuid"), refused.join());
      if (sabotaged("calls")) refused.push("mmap");
      const ended = await new Deno.Command("strace", {
        args: [
          ...["-f", "-qq", "-o", "/dev/null", "-e", `inject=${refused.join()}:error=EPERM`],
          ...["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=d=1:r=5"],
          ...["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-f", "mpjpeg", "pipe:1"],
        ],
      }).output();
      assert.ok(ended.success, new TextDecoder().decode(ended.stderr));
      const pictures = new TextDecoder("latin1").decode(ended.stdout).match(/Content-length/g);
      assert.equal(pictures?.length, 5);
    });
  },
});

Deno.test("install: the polkit rule lets perch restart the listed units and reboot, and nothing else", () => {
  type Rule = (
    action: { id: string; lookup(key: string): string | undefined },
    subject: { user: string },
  ) => string;
  const rules: Rule[] = [];
  const polkit = {
    Result: { YES: "yes", NOT_HANDLED: "not handled" },
    addRule: (rule: Rule) => void rules.push(rule),
  };
  new Function("polkit", polkitRule(["nginx.service"]))(polkit);
  const ask = (user: string, id: string, details: Record<string, string> = {}) =>
    rules[0]({ id, lookup: (key) => details[key] }, { user });
  const units = "org.freedesktop.systemd1.manage-units";
  const reboot = "org.freedesktop.login1.reboot";
  assert.equal(ask("perch", units, { unit: "nginx.service", verb: "restart" }), "yes");
  assert.equal(ask("perch", units, { unit: "perch.service", verb: "restart" }), "yes");
  assert.equal(ask("perch", reboot), "yes");
  const refused: [string, string, Record<string, string>?][] = [
    ["perch", units, { unit: "nginx.service", verb: "stop" }],
    ["perch", units, { unit: "ssh.service", verb: "restart" }],
    ["perch", units, {}],
    ["perch", "org.freedesktop.systemd1.manage-unit-files"],
    ["perch", "org.freedesktop.login1.power-off"],
    ["perch", "org.freedesktop.login1.reboot-ignore-inhibit"],
    ["pi", units, { unit: "nginx.service", verb: "restart" }],
    ["pi", reboot],
  ];
  for (const [user, id, details] of refused) {
    assert.equal(ask(user, id, details), "not handled", `${user} ${id}`);
  }
});

Deno.test({
  name:
    "install: systemd makes the user, reads the units, enables and starts; uninstall stops first",
  ignore: !haveDbus(),
  async fn() {
    await using host = await startHostBus();
    host.units.set("perch.service", { load: "loaded", active: "inactive", sub: "dead" });
    const systemd = createSystemd({ address: host.address });
    const made = () => host.asked.some((one) => one.startsWith("StartTransientUnit"));
    const run = () => activate({ systemd, clock: fakeClock(), hasUser: made });
    assert.deepEqual(await run(), { active: "active" });
    assert.deepEqual(host.asked, [
      'StartTransientUnit perch-user.service [["/usr/bin/systemd-sysusers",["/usr/bin/systemd-sysusers"],false]]',
      "Reload",
      "EnableUnitFiles perch.service",
      "RestartUnit perch.service replace",
    ]);
    host.onRestart = (name) => void host.units.set(name, failed());
    assert.deepEqual(await run(), { active: "failed" });
    host.onRestart = (name) =>
      void host.units.set(name, { load: "loaded", active: "activating", sub: "auto-restart" });
    assert.deepEqual(await run(), { active: "failed" }, "nobody waits for the next try");

    host.asked.length = 0;
    await stopPerch(systemd);
    await reload(systemd);
    await stopPerch(systemd);
    const stopped = ["StopUnit perch.service", "DisableUnitFiles perch.service", "Reload"];
    assert.deepEqual(host.asked, stopped, "what is gone is not stopped again");
  },
});

Deno.test("install: a newer program takes the place of the old one, which is kept beside it", async () => {
  await withRoot(async (root) => {
    const host = createOnHost(root);
    const made = (text: string) => {
      Deno.writeTextFileSync(`${root}/new`, text);
      return host.putProgram("/usr/local/bin/perch", `${root}/new`);
    };
    await made("one");
    await made("two");
    assert.equal(read(root, "/usr/local/bin/perch"), "two");
    assert.equal(read(root, "/usr/local/bin/perch.before"), "one");
    assert.equal(filesOf(root)["/usr/local/bin/perch"], "755");
    await assert.rejects(
      () => host.putProgram("/usr/local/bin/perch", `${root}/nothing`),
      /usr\/local\/bin\/perch cannot be written or read/,
    );
    assert.equal(read(root, "/usr/local/bin/perch"), "two");
    assert.equal([...Deno.readDirSync(`${root}/usr/local/bin`)].length, 2, "no half file is left");
  });
});
