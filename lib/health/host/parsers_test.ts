/** What the trees of `tests/fixtures/hosts` do not show. */
import assert from "node:assert/strict";
import { parseStat } from "./cpu.ts";
import { isReadOnly } from "./disk.ts";
import { groupFolder } from "./group.ts";
import { modelOf, systemOf } from "./identity.ts";
import { parseWireless } from "./network.ts";
import { judgePower, NOTHING_SEEN } from "./power.ts";
import { parsePressure } from "./pressure.ts";
import { celsiusOf } from "./temperatures.ts";
import { judgeWear } from "./wear.ts";

Deno.test("wear: the more worn kind counts, in either kernel's names; SD cards say nothing", () => {
  const wearOf = (lifeTime: string | null, preEol: string | null) =>
    judgeWear("mmcblk0", { lifeTime, preEol });
  const is = (lifeUsed: number | null, reserve: string | null) => ({
    name: "mmcblk0",
    lifeUsed,
    reserve,
  });
  assert.deepEqual(wearOf("0x01 0x02\n", "0x01\n"), is(0.1, "normal"));
  assert.deepEqual(wearOf("0x01\n 0x01\n", "0x01\n"), is(0, "normal"));
  assert.deepEqual(wearOf("0x0B 0x00\n", "0x03\n"), is(1, "urgent"));
  assert.deepEqual(wearOf("0x00 0x00\n", "0x02\n"), is(null, "warning"));
  assert.equal(wearOf("0x00 0x00\n", "0x00\n"), null);
  assert.equal(wearOf(" ", null), null);
  assert.equal(wearOf("0x0c 0xff", "0x09"), null);
});

Deno.test("power: a 0 of the register is believed only after it once said something else", () => {
  const first = judgePower(null, "0\n", NOTHING_SEEN);
  assert.equal(first.power, null);
  const hot = judgePower(null, "0x8\n", first.seen);
  assert.equal(hot.power!.softTemperatureLimit, true);
  assert.equal(hot.power!.underVoltage, false);
  assert.equal(hot.power!.sinceBoot.softTemperatureLimit, true);
  const cool = judgePower(null, "0\n", hot.seen);
  assert.equal(cool.power!.softTemperatureLimit, false);
  assert.equal(cool.power!.sinceBoot.softTemperatureLimit, true);
  assert.equal(cool.power!.sinceBoot.underVoltage, null);
});

Deno.test("power: the alarm goes before the register; what is garbled says nothing", () => {
  const weak = judgePower("1\n", "0\n", NOTHING_SEEN);
  assert.equal(weak.power!.underVoltage, true);
  assert.equal(weak.power!.throttled, null);
  assert.equal(judgePower("0\n", "1\n", NOTHING_SEEN).power!.underVoltage, false);
  const earlier = judgePower("0\n", "40000\n", NOTHING_SEEN).power!;
  assert.deepEqual([earlier.throttled, earlier.sinceBoot.throttled], [false, true]);
  for (const text of ["", "yes", "-1", "0x", "throttled=0x50005", "123456789"]) {
    assert.equal(judgePower(text, text, NOTHING_SEEN).power, null, text);
  }
  const gone = judgePower(null, null, weak.seen).power!;
  assert.deepEqual([gone.underVoltage, gone.sinceBoot.underVoltage], [null, true]);
});

Deno.test("disk: the mount that lies on top counts, whatever a file system calls its own end", () => {
  const mounts = [
    "/dev/root / ext4 ro,noatime 0 0",
    "/dev/sda1 /mnt/usb\\040disk ext4 rw,relatime 0 0",
    "/dev/sda2 /data ext4 rw,emergency_ro,relatime 0 0",
    "/dev/sda3 /data/deep xfs rw,shutdown 0 0",
    "/dev/sda4 /srv ext4 ro 0 0",
    "/dev/sda5 /srv ext4 rw 0 0",
  ].join("\n");
  const cases: [string, boolean][] = [
    ["/var/lib/perch", true],
    ["/mnt/usb disk/perch", false],
    ["/mnt/usb disk", false],
    ["/mnt/usb disks", true],
    ["/data/perch", true],
    ["/data/deep/perch", true],
    ["/srv/perch", false],
  ];
  for (const [path, expected] of cases) assert.equal(isReadOnly(mounts, path), expected, path);
  assert.equal(isReadOnly("proc /proc proc rw 0 0\n", "/data"), null);
});

Deno.test("temperatures: what no part of a host has is left out", () => {
  for (const text of ["199949", "-5000", "1000", "85000\n"]) assert.notEqual(celsiusOf(text), null);
  for (const text of ["200000", "0", "45", "-999", "-273200", "61.2", "", null]) {
    assert.equal(celsiusOf(text), null, String(text));
  }
});

Deno.test("other kernels and systems: fewer columns, other signs, other quotes", () => {
  assert.deepEqual(parseStat("cpu 10 0 10 80\ncpu0 10 0 10 80\n"), {
    total: 100,
    nice: 0,
    idle: 80,
    iowait: 0,
    steal: 0,
    cores: 1,
  });
  assert.equal(parseStat("cpu 10 0 10\n"), null);
  assert.equal(parsePressure("full avg10=1.00 avg60=0.00 avg300=0.00 total=1\n"), null);
  assert.equal(parsePressure("some avg10=101.00 avg60=0.00 avg300=0.00 total=1\n"), null);
  // Some drivers give a quality without a sign instead of dBm.
  assert.equal(parseWireless(" wlan0: 0000   58.  60.  0.  0 0\n").size, 0);
  assert.equal(groupFolder("0::/../../init.scope\n"), "/sys/fs/cgroup/../../init.scope");
  assert.equal(groupFolder("1:cpu:/\n"), null);
  assert.equal(systemOf("PRETTY_NAME='Alpine Linux v3.22'\n"), "Alpine Linux v3.22");
  assert.equal(systemOf('PRETTY_NAME="A \\"B\\" 1"\nID=x\n'), 'A "B" 1');
  assert.equal(systemOf("NAME=x\n"), null);
  assert.equal(modelOf(null, "To Be Filled By O.E.M.\n", "System Product Name\n"), null);
  assert.equal(
    modelOf("Raspberry Pi Zero 2 W Rev 1.0\0", null, null),
    "Raspberry Pi Zero 2 W Rev 1.0",
  );
});
