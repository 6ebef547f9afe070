import {
  type HostFact,
  machineFacts,
  networkFacts,
  ownFacts,
  ratingWords,
  supplyFacts,
  writtenFacts,
} from "../health/history/facts.ts";
import type { HostReport } from "../health/history/report.ts";
import { columns } from "./columns.ts";

/**
 * A report for people: its sentence, then what is measured, group by group. While no Perch runs, what it writes
 * and takes for itself is left out.
 */
export function hostLines(report: HostReport, { isRunning }: { isRunning: boolean }): string {
  const { sentence, model, system } = report;
  const names = [model, system].filter((name) => name !== null).join(", ");
  return [
    `${sentence}.`,
    ...(names === "" ? [] : [`${names}.`]),
    ...group("Machine", machineFacts(report)),
    ...group("Power supply (now, since boot)", power(report)),
    ...(isRunning ? group("Written to the card or disk", writtenFacts(report)) : []),
    ...(isRunning ? [`  (how long it lasts: ${ratingWords(report)})`] : []),
    ...group("Network", networkFacts(report)),
    ...group("Perch", ownFacts(report).filter(([, text]) => isRunning || text !== null)),
  ].join("\n");
}

function power(report: HostReport): HostFact[] {
  if (report.power === null) return [["Conditions", null]];
  const word = (value: boolean | null) => value === null ? "not measured" : value ? "yes" : "no";
  return supplyFacts(report).map(({ title, now, sinceBoot }) =>
    [title, `${word(now)}, ${word(sinceBoot)}`] as const
  );
}

function group(title: string, facts: readonly HostFact[]): string[] {
  if (facts.length === 0) return ["", title, "  not measured"];
  const rows = facts.map(([name, text]) => [`  ${name}`, text ?? "not measured"]);
  return ["", title, columns(rows)];
}
