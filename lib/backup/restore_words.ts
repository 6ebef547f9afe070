/** What a restore does, as people read it: at the command line, on the page and in the log. Pure. */
import { grouped } from "../words/numbers.ts";
import { shellWord } from "../words/shell.ts";
import { ago, dateTime } from "../words/times.ts";
import type { Findings } from "./findings.ts";
import type { Exported } from "./line_file.ts";
import type { Manifest } from "./manifest.ts";

/** Which archive: `Backup 17 of Hall 3, made 2026-11-28 19:30:00 (2 h ago), 64 files`. */
export function archiveWords(manifest: Manifest, nowMs: number, zone: string): string {
  const { site, sequence, created_ms, files } = manifest;
  return `Backup ${sequence} of ${site.name}, made ${dateTime(created_ms, zone)} ` +
    `(${ago(nowMs - created_ms)}) by Perch ${manifest.perch}: ` +
    `${files.length === 1 ? "1 file" : `${grouped(files.length)} files`}, all checked.`;
}

/** What changes with it, one sentence each; the first ones matter most. */
export function findingsWords(findings: Findings, zone: string): string[] {
  return [
    livingWords(findings),
    lostWords(findings, zone),
    namedWords("Stay out, although the backup has them", findings.people_out.map(personWords)),
    namedWords("Keys that stay revoked", findings.keys_out.map(({ name }) => name)),
    namedWords("Can sign in as at the time of the backup", findings.people_back.map(personWords)),
    namedWords("Keys that are valid again", findings.keys_back.map(({ name }) => name)),
    namedWords("Channels that are switched off until you switch them on", findings.channels_off),
    namedWords("Channels whose secrets have to be typed again", findings.type_again),
    "Everybody has to sign in again; invitations and links to reset a password are void.",
  ].filter((one) => one !== null);
}

function livingWords({ live, foreign, people_back }: Findings): string | null {
  if (foreign) {
    return "The backup is of another plant: all that is here is replaced by it, but people and keys stay.";
  }
  if (live === "missing") return "There is no database here now: everything comes from the backup.";
  if (live === "unreadable") {
    return "The database that is here now cannot be read: who was deleted or revoked since the backup is not " +
      "known and comes back. Look through the lists.";
  }
  return people_back.length > 0
    ? "Nobody has an account here yet: those of the backup come."
    : null;
}

function lostWords({ lost, live }: Findings, zone: string): string | null {
  if (lost === null) {
    return live === "missing" ? null : "How many readings came after the backup is not known.";
  }
  const more = [[lost.alarms, "alarm"], [lost.tickets, "ticket"]] as const;
  const others = more.filter(([n]) => n > 0).map(([n, what]) => counted(n, what)).join(" and ");
  if (lost.readings === 0) {
    return `No reading that is here now is missing in the backup${
      others === "" ? "" : `, but ${others}`
    }.`;
  }
  const until = lost.until_ms === null ? "" : `, the newest of ${dateTime(lost.until_ms, zone)}`;
  return `${counted(lost.readings, "reading")} ${
    lost.readings === 1 ? "is" : "are"
  } here now and not in the backup${until}${
    others === "" ? "" : `; ${others} too`
  }. They stay in the replaced data, and are not in the plant any more.`;
}

/** What was written into a file before the restore, and how it is sent in again; `url`: where Perch will be. */
export function exportedWords(exported: Exported, zone: string, url: string): string[] {
  const { file, readings, fromMs, untilMs, damaged } = exported;
  const lost = damaged === 0
    ? []
    : [`${counted(damaged, "reading")} in damaged parts cannot be read, and so not be exported.`];
  if (file === null) return ["There was no reading to export.", ...lost];
  return [
    `${counted(readings, "reading")} (${dateTime(fromMs!, zone)} to ${dateTime(untilMs!, zone)}) ${
      readings === 1 ? "is" : "are"
    } exported into ${file}. Once Perch runs again, this sends them in:`,
    sendCommand(file, url),
    ...lost,
  ];
}

/** Sends a file of exported readings in; KEY stands for an API key that may write. */
export const sendCommand = (file: string, url: string) =>
  `split -C 1M --filter='curl -sSf -H "Authorization: Bearer KEY" -H "Content-Type: application/x-ndjson" ` +
  `--data-binary @- ${url}/api/ingest/batch' ${shellWord(file)}`;

const counted = (n: number, what: string) => `${grouped(n)} ${what}${n === 1 ? "" : "s"}`;

const personWords = ({ name, email, state, role }: Findings["people_out"][number]) =>
  `${name === "" ? email : `${name} <${email}>`} (${
    state === "unknown" ? "not known here" : state
  }, ${role})`;

function namedWords(what: string, names: readonly string[]): string | null {
  return names.length === 0 ? null : `${what}: ${names.join(", ")}.`;
}
