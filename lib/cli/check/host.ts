import { bytes } from "../../words/numbers.ts";
import type { HostSample } from "../../health/host_sample.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;

const DEADLINE_MS = 10_000;
const WARM_C = 70;
const HOT_C = 80;
/** Shares of memory and of inodes that have to be left. */
const LITTLE = 0.1;
const TOO_LITTLE = 0.05;
/** Share of the last ten seconds in which something waited for the disk. */
const WAITING = 0.2;
const WORN = 0.8;

/** What the host says of its temperature, supply, memory, inodes, card and pressure. */
export function hostCheck(sample: () => Promise<HostSample>): Check {
  return {
    name: "host",
    deadlineMs: DEADLINE_MS,
    run: async () => judgeHost(await sample()),
  };
}

/** A finding for each of them, in that order; what is not measured is said to be. */
export function judgeHost(sample: HostSample): Found[] {
  return [
    ...temperature(sample),
    ...supply(sample),
    ...memory(sample),
    ...fileSystem(sample),
    ...wear(sample),
    pressure(sample),
  ];
}

function temperature({ temperatures }: HostSample): Found[] {
  const [first] = temperatures;
  if (first === undefined) {
    return [{ state: "unknown", detail: "the temperature is not measured on this host" }];
  }
  const detail = `${first.name} has ${first.celsius.toFixed(0)} °C`;
  if (first.celsius < WARM_C) return [{ state: "ok", detail }];
  return [{
    state: first.celsius < HOT_C ? "warn" : "problem",
    detail,
    advice:
      "Give it air: a heat sink, a fan, a place out of the sun. A Pi slows down from 80 °C on.",
  }];
}

const SUPPLY =
  "Use the power supply made for this Pi and a short thick cable, and unplug USB devices.";

function supply({ power }: HostSample): Found[] {
  if (power === null || power.underVoltage === null) {
    return [{ state: "unknown", detail: "under-voltage is not measured on this host" }];
  }
  const { sinceBoot } = power;
  const now = [
    ...(power.underVoltage ? ["its voltage is too low"] : []),
    ...(power.throttled ? ["it is throttled"] : []),
    ...(power.frequencyCapped ? ["its clock is capped"] : []),
    ...(power.softTemperatureLimit ? ["it is at its soft temperature limit"] : []),
  ];
  if (now.length > 0) return [{ state: "problem", detail: now.join(", "), advice: SUPPLY }];
  if (sinceBoot.underVoltage || sinceBoot.throttled) {
    const detail = "its voltage is right now, but was too low, or it was throttled, since the boot";
    return [{ state: "warn", detail, advice: SUPPLY }];
  }
  return [{ state: "ok", detail: "its voltage is right" }];
}

function memory({ memory, group }: HostSample): Found[] {
  const found: Found[] = [];
  if (memory === null) {
    found.push({ state: "unknown", detail: "memory is not measured on this host" });
  } else {
    const { availableBytes, totalBytes } = memory;
    const detail = `${bytes(availableBytes)} of ${bytes(totalBytes)} of memory can be used`;
    found.push({
      state: stateOf(availableBytes / totalBytes),
      detail,
      ...advised(
        availableBytes / totalBytes,
        "End what is not needed, or use compressed swap (apt install zram-tools).",
      ),
    });
  }
  if ((group?.oomKills ?? 0) > 0) {
    found.push({
      state: "warn",
      detail: `${group!.oomKills} processes of this service were ended because its memory was full`,
      advice:
        "Raise MemoryMax of the service, or find what grows: perch health says how much Perch takes.",
    });
  }
  return found;
}

function fileSystem({ disk }: HostSample): Found[] {
  if (disk === null) {
    return [{
      state: "unknown",
      detail: "the file system of the data directory does not say how it is",
    }];
  }
  const found: Found[] = [];
  if (disk.readOnly === true) {
    found.push({
      state: "problem",
      detail: "the file system of the data directory is mounted read-only",
      advice:
        "A card that fails does that: copy the data directory away, then check the disk (fsck) or replace it.",
    });
  }
  // Some file systems make them as needed and count none.
  if (disk.inodes > 0) {
    const left = disk.inodesFree / disk.inodes;
    found.push({
      state: stateOf(left),
      detail: `${Math.round(left * 100)} % of the disk's inodes are free`,
      ...advised(
        left,
        "There are too many small files: df -i names the file system, find what made them.",
      ),
    });
  }
  return found;
}

function wear({ wear }: HostSample): Found[] {
  return wear.filter(({ lifeUsed, reserve }) => lifeUsed !== null || reserve !== null).map(
    (one) => {
      const used = one.lifeUsed === null
        ? ""
        : `has used ${Math.round(one.lifeUsed * 100)} % of its life`;
      const reserve = one.reserve === null ? "" : `its reserve is ${one.reserve}`;
      const detail = `${one.name} ${[used, reserve].filter((part) => part !== "").join(", ")}`;
      if ((one.lifeUsed ?? 0) < WORN && one.reserve !== "warning" && one.reserve !== "urgent") {
        return { state: "ok", detail };
      }
      const isOver = (one.lifeUsed ?? 0) >= 1 || one.reserve === "urgent";
      const advice = "Replace it soon, and fetch a backup from this host before.";
      return { state: isOver ? "problem" : "warn", detail, advice };
    },
  );
}

function pressure({ pressure }: HostSample): Found {
  if (pressure === null || pressure.io === null) {
    return {
      state: "unknown",
      detail:
        "the kernel does not say how long work waits for the disk (no pressure stall information)",
      advice:
        "Add psi=1 to the kernel's command line (/boot/firmware/cmdline.txt on a Pi) and restart the host.",
    };
  }
  const detail = `work waited for the disk in ${Math.round(pressure.io * 100)} % of the last 10 s`;
  if (pressure.io <= WAITING) return { state: "ok", detail };
  return {
    state: "warn",
    detail,
    advice: "The disk is the bottleneck: perch optimise says what would write less.",
  };
}

function stateOf(left: number): "ok" | "warn" | "problem" {
  return left > LITTLE ? "ok" : left > TOO_LITTLE ? "warn" : "problem";
}

const advised = (left: number, advice: string) => left > LITTLE ? {} : { advice };
