/** Rules about the host and what is kept on it: disk, clock, storage, backups, history server. */
import { bytes } from "../words/numbers.ts";
import { span } from "../words/times.ts";
import { above, percent, sentence, type SystemRule } from "./judgement.ts";

const DISK_WARNING = 0.9;
const DISK_CRITICAL = 0.95;
const JUMP_MS = 86_400_000;
/** A plant that is switched off over a long weekend is no reason to warn. */
const JUMP_WARNING_MS = 7 * JUMP_MS;

const iso = (tMs: number) => new Date(tMs).toISOString().replace(/\.\d+Z$/, "Z");

export const HOST_RULES: readonly SystemRule[] = [
  {
    key: "disk",
    title: "The disk fills up",
    judge({ diskUsed, host }) {
      if (host?.disk) return "well";
      if (diskUsed === null) return null;
      if (diskUsed < DISK_WARNING) return "well";
      const critical = diskUsed >= DISK_CRITICAL;
      return {
        severity: critical ? "critical" : "warning",
        text: `the data disk is ${percent(diskUsed)} full`,
        value: diskUsed,
        limit: critical ? DISK_CRITICAL : DISK_WARNING,
      };
    },
  },
  {
    key: "clock",
    title: "The clock is wrong",
    judge({ clock: { doubt, hostMs, nowMs } }) {
      if (doubt === null) return "well";
      const cause = {
        implausible: "which cannot be right",
        behind: "far behind its earlier time",
        ahead: "more than a year ahead of its earlier time",
      }[doubt];
      return {
        severity: "warning",
        text: `the clock of this host says ${iso(hostMs)}, ${cause}; Perch continues from ` +
          `${
            iso(nowMs)
          } and marks what comes without a time. Set the clock, or confirm it on the ` +
          `page Sources`,
        value: null,
        limit: null,
      };
    },
  },
  {
    key: "clock-jump",
    title: "The clock jumped ahead",
    judge({ clock: { doubt, waitingMs } }) {
      if (doubt !== null || waitingMs <= JUMP_MS) return "well";
      return {
        severity: waitingMs > JUMP_WARNING_MS ? "warning" : "info",
        text: `the clock of this host is ${span(waitingMs)} ahead of the time that passed ` +
          `while Perch ran; deletion by age is paused and catches up one day per day. If the clock ` +
          `is right, confirm it on the page Sources`,
        value: waitingMs,
        limit: JUMP_MS,
      };
    },
  },
  {
    key: "backup",
    title: "There is no fresh backup",
    judge: ({ backup }) =>
      backup === null ? "well" : {
        severity: "warning",
        text: backup.text,
        value: backup.ageMs,
        limit: backup.mostMs,
      },
  },
  {
    key: "storage",
    title: "Readings cannot be stored",
    judge: ({ storageFailing }) => sentence(storageFailing, "critical"),
  },
  {
    key: "storage-risk",
    title: "Storage is not well",
    judge: ({ storageAtRisk }) => sentence(storageAtRisk, "warning"),
  },
  {
    key: "history",
    title: "The history server gets nothing",
    judge: ({ history }) => sentence(history, "warning"),
  },
  {
    key: "history-backlog",
    title: "Readings pile up for the history server",
    judge: ({ historyBacklog: found }) =>
      sentence(found?.text ?? null, found?.away ? "critical" : "warning"),
  },
  {
    key: "cut",
    title: "Stored readings were lost to damage",
    judge: ({ cut }) => sentence(cut, "critical"),
  },
  {
    key: "host-power",
    title: "The power supply or the heat slows this host down",
    judge: ({ host }) => host === null ? null : sentence(host.power, "warning"),
  },
  {
    key: "host-read-only",
    title: "The disk is read-only",
    judge: ({ host }) =>
      host === null ? null : sentence(
        host.readOnly
          ? "the disk with Perch's data is mounted read-only, as a failing card is; make a backup " +
            "elsewhere and replace it"
          : null,
        "critical",
      ),
  },
  {
    key: "host-memory",
    title: "The memory was used up",
    judge: ({ host }) =>
      above(
        host?.kills ?? null,
        0,
        "warning",
        (n) =>
          `the system ended ${n === 1 ? "a program" : `${n} programs`} of Perch within the ` +
          "last hour, because the memory was used up",
      ),
  },
  {
    key: "card-writes",
    title: "More is written to the card than usual",
    judge({ host }) {
      if (host === null) return null;
      if (host.doubledWrites === null) return "well";
      const { day, usual } = host.doubledWrites;
      return {
        severity: "warning",
        text: `${bytes(day)} were written to the disk of this host in 24 hours, at least twice ` +
          `the usual ${bytes(usual)} a day; the page This host shows how much of it Perch wrote`,
        value: day,
        limit: 2 * usual,
      };
    },
  },
];
