/** What `perch install` and `perch uninstall` say before they do anything, and what they refuse. */
import assert from "node:assert/strict";
import { mayWrite } from "../../lib/cli/install/place.ts";
import type { Answer } from "../support/command_line.ts";
import { perchHere } from "../support/command_here.ts";
import { filesOf, RULE, UNIT, withRoot } from "../support/host_root.ts";
import { perchCommand } from "../support/perch.ts";

/** A process that may read only what modes allow, also where the tests run as root. */
async function perchUnprivileged(args: string[]): Promise<Answer> {
  const plain = perchCommand(undefined, args);
  const weak = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"];
  const [command, ...rest] = [...Deno.uid() === 0 ? weak : [], plain[0], ...plain[1]];
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: rest,
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("install: --dry-run shows every file to a user who may not read what is there", async () => {
  await withRoot(async (root) => {
    const run = (...args: string[]) => perchUnprivileged([...args, "--root", root]);
    await perchHere(root, ["install", "--root", root]);
    const before = filesOf(root);
    // As Debian has it: the folder is polkit's own.
    const rules = `${root}/etc/polkit-1/rules.d`;
    await Deno.chmod(rules, 0);
    try {
      const install = await run("install", "--dry-run");
      assert.equal(install.code, 0, install.err);
      assert.ok(install.out.includes(`### ${RULE} (0644, cannot be compared without root)`));
      assert.match(install.out, /polkit\.addRule/);
      assert.match(install.out, /### \/etc\/systemd\/system\/perch.service \(0644, as it is\)/);
      const uninstall = await run("uninstall", "--dry-run");
      assert.equal(uninstall.code, 0, uninstall.err);
      assert.ok(uninstall.out.includes(`${RULE}  cannot be compared without root`));
      for (const command of ["install", "uninstall"]) {
        const refused = await run(command);
        assert.equal(refused.code, 2, refused.out);
        assert.equal(
          refused.err,
          `${RULE} cannot be read by this user: run perch ${command} with sudo.`,
        );
      }
    } finally {
      await Deno.chmod(rules, 0o755);
    }
    assert.deepEqual(filesOf(root), before, "nothing was changed by halves");
  });
});

Deno.test("uninstall: --dry-run prints what it would take back, and the uninstall takes back just that", async () => {
  await withRoot(async (root) => {
    const run = (...args: string[]) => perchHere(root, ["uninstall", "--root", root, ...args]);
    assert.match((await run("--dry-run")).out, /^Perch is not installed here\.$/);
    await perchHere(root, ["install", "--root", root]);
    await Deno.writeTextFile(`${root}/etc/perch.env`, "PERCH_PORT=9000\n");
    await Deno.writeTextFile(root + RULE, "// mine\n");
    const before = filesOf(root);
    const dry = await run("--dry-run");
    assert.equal(dry.code, 0, dry.err);
    assert.match(dry.out, /^\/etc\/perch\.env {2}would be kept: it is as somebody left it$/m);
    assert.deepEqual(filesOf(root), before);
    const shown = (out: string, words: string) =>
      out.split("\n").filter((line) => line.endsWith(words)).map((line) => line.split("  ")[0]);
    const gone = shown(dry.out, "  would be removed");
    assert.deepEqual(
      Object.keys(before).filter((path) => !gone.includes(path) && path !== RULE).sort(),
      ["/etc/group", "/etc/perch.env"],
    );
    const planned = JSON.parse((await run("--dry-run", "--json")).out);
    assert.deepEqual([planned.dry_run, planned.removed], [true, gone]);
    assert.deepEqual(shown((await run()).out, "  removed"), gone);
    assert.deepEqual(
      Object.keys(filesOf(root)).sort(),
      ["/etc/group", "/etc/perch.env", `${RULE}.perch-old`],
    );
  });
});

Deno.test("install: what is refused points to a command that there is", async () => {
  for (const command of ["install", "uninstall"] as const) {
    assert.doesNotThrow(() => mayWrite("/", command, 0));
    assert.throws(() => mayWrite("/", command, 1000), (error: Error) => {
      assert.match(error.message, /run it with sudo/);
      const [, shown] = /perch (\w+ --dry-run)/.exec(error.message)!;
      assert.equal(shown, `${command} --dry-run`);
      return true;
    });
  }
  await withRoot(async (root) => {
    for (const command of ["install", "uninstall"]) {
      const dry = await perchHere(root, [command, "--dry-run", "--root", root]);
      assert.equal(dry.code, 0, dry.err);
    }
  });
});

Deno.test("install: a place where no files can be is refused with a sentence about it", async () => {
  await withRoot(async (root) => {
    const said = /^--root is "[^"]*": give a folder in which files can be written/;
    // With the permissions of the product, which may not look there.
    const { code, err } = await perchUnprivileged(["install", "--root", "/proc/nope"]);
    assert.equal(code, 2);
    assert.match(err, said);
    for (const place of ["/proc/nope", "/sys/x", "/dev/x", `${root}/etc/group`, ""]) {
      for (const command of [["install"], ["install", "--dry-run"], ["uninstall"]]) {
        const { code, err } = await perchHere(root, [...command, "--root", place]);
        assert.equal(code, 2, `${command} ${place}: ${err}`);
        assert.match(err, said);
      }
    }
  });
});

Deno.test("install: a line that names no unit is named and gives no rights; the rest is installed, with exit code 1", async () => {
  await withRoot(async (root) => {
    await Deno.mkdir(`${root}/etc/perch`);
    await Deno.writeTextFile(`${root}/etc/perch/units`, "nginx\nfoo; rm -rf /\n");
    const install = (...more: string[]) => perchHere(root, ["install", "--root", root, ...more]);
    const dry = await install("--dry-run");
    const first = await install();
    const again = await install("--json");
    for (const { code, err } of [dry, first, again]) {
      assert.equal(code, 1);
      assert.match(err, /perch\/units, line 2: "foo; rm -rf \/" is no unit/);
    }
    const rule = Deno.readTextFileSync(root + RULE);
    assert.match(rule, /\["perch.service","nginx.service"\]/);
    assert.ok(!rule.includes("rm -rf"));
    const { files, trouble } = JSON.parse(again.out);
    assert.match(trouble, /line 2/);
    const modes = files.map(({ path, mode }: { path: string; mode: string }) => [path, mode]);
    assert.deepEqual(Object.fromEntries(modes)[UNIT], "0644");
    assert.deepEqual(Object.fromEntries(modes)["/etc/perch.env"], "0600");
    await Deno.writeTextFile(`${root}/etc/perch/units`, "nginx\n");
    assert.equal((await install()).code, 0);
  });
});

Deno.test("install: a feature stays until it is taken away, and that keeps what somebody changed", async () => {
  await withRoot(async (root) => {
    const install = (...more: string[]) => perchHere(root, ["install", "--root", root, ...more]);
    const [camera, gpio] = ["camera", "gpio"].map((one) => `${UNIT}.d/${one}.conf`);
    await install("--camera", "--gpio");
    const before = filesOf(root);
    const dry = await install("--dry-run", "--no-camera");
    assert.ok(dry.out.includes(`### ${camera} (removed)`), dry.out);
    assert.deepEqual(filesOf(root), before);
    const taken = await install("--no-camera");
    assert.equal(taken.code, 0, taken.err);
    assert.equal(taken.out, `${camera}  removed`);
    assert.ok(!(camera in filesOf(root)) && gpio in filesOf(root));
    assert.match((await install("--no-camera")).out, /^Nothing to do\.$/);
    await Deno.writeTextFile(root + gpio, "# mine\n");
    await install("--no-gpio");
    assert.ok(!(gpio in filesOf(root)) && `${gpio}.perch-old` in filesOf(root));
    assert.match((await install()).out, /^Nothing to do\.$/);
    const both = await install("--gpio", "--no-gpio");
    assert.equal(both.code, 2);
    assert.match(both.err, /^--gpio and --no-gpio: give one of them/);
  });
});
