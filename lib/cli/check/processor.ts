import type { HostReport } from "../../health/history/report.ts";
import { number } from "../../words/numbers.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;
type Used = Pick<HostReport, "cpu" | "cores" | "load" | "perch">;

/** Per cent of all cores from which on little is left for a start, a backup, an alarm storm. */
const BUSY = 85;

/** How busy the processor is, and with Perch. */
export function processorCheck(report: () => Promise<Used>): Check {
  return { name: "CPU", run: async () => [judgeProcessor(await report())] };
}

/** Pure: the finding about the processor. */
export function judgeProcessor({ cpu, cores, load, perch }: Used): Found {
  if (cpu === null) return { state: "unknown", detail: "the processor's use is not measured" };
  const percent = (value: number) => `${number(value, 0)} %`;
  const all = cores === null ? "" : ` of ${cores} ${cores === 1 ? "core" : "cores"}`;
  const detail = [
    `${percent(cpu.used_percent)}${all} were in use at the latest look`,
    ...(load === null ? [] : [`load ${number(load[0], 2)}`]),
    ...(perch.cpu_percent === null ? [] : [`Perch takes ${percent(perch.cpu_percent)} of one`]),
  ].join(", ");
  if (cpu.used_percent < BUSY) return { state: "ok", detail };
  return {
    state: "warn",
    detail,
    advice: "top names what takes it; perch optimise says which settings of Perch do.",
  };
}
