import { messageOf } from "../../base/errors.ts";
import type { HostReport } from "../../health/history/report.ts";
import { askRunning } from "../ask_running.ts";
import type { Command, ExitCode } from "../command.ts";
import { type Condition, conditionLines } from "../condition.ts";
import { runningUrl } from "../lock.ts";

const TIMEOUT_MS = 5_000;

/** What is known of the Perch that runs. */
interface Known {
  /** Null: it takes no question. */
  condition: Condition | null;
  host: HostReport | null;
}

export const health: Command = {
  name: "health",
  summary: "say how Perch and its host are; the host alone while none runs",
  options: {
    ready: { type: "boolean", help: "answer only whether readings can be stored, for a probe" },
  },
  notes: [
    "Exit code 0: it is ready, Healthy or Degraded, and its host is not critical. 1: it does not run or is not " +
    "ready, is Partial or Error (a part does not work), is in emergency mode, or its host is critical.",
  ],
  async run({ terminal, flags, json, config }) {
    const parsed = config();
    const { dataDir } = parsed;
    const readyAlone = flags.has("ready");
    const url = await runningUrl(dataDir);
    const { hostLines } = await import("../host_lines.ts");
    const print = (answer: Record<string, unknown>, first: string, known: Partial<Known>) => {
      const { condition = null, host = null } = known;
      if (json) {
        const { overall, ailing, emergency } = condition ?? {};
        const more = { overall, ailing, emergency, host };
        return terminal.out(JSON.stringify(readyAlone ? answer : { ...answer, ...more }));
      }
      const lines = host && hostLines(host, { isRunning: answer.status !== "stopped" });
      const words = condition === null ? [first] : [first, ...conditionLines(condition)];
      terminal.out([...words, ...(lines === null ? [] : ["", lines])].join("\n"));
    };
    const problem = (detail: string, host: HostReport | null): ExitCode => {
      print({ status: "stopped", detail }, detail, { host });
      return 1;
    };
    if (url === null) {
      const detail = `No Perch runs on ${dataDir}.`;
      if (readyAlone) return problem(detail, null);
      const { measureHost } = await import("../measure_host.ts");
      return problem(detail, await measureHost(parsed));
    }
    let response: Response;
    let answer: Record<string, unknown>;
    try {
      response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      answer = await response.json();
    } catch (error) {
      return problem(`${url} does not answer (${messageOf(error)}).`, null);
    }
    const known = readyAlone ? NOT_ASKED : {
      condition: await askRunning(dataDir, (control) => control.condition()),
      host: await askRunning(dataDir, (control) => control.hostReport()),
    };
    const first = describe(url, response.ok, answer);
    const isSilent = response.ok && !readyAlone && known.condition === null;
    print(answer, isSilent ? `${first}\nOverall: not known, it takes no questions.` : first, known);
    return response.ok && (readyAlone || isWell(known)) ? 0 : 1;
  },
};

const NOT_ASKED: Known = { condition: null, host: null };

/** The rule of the exit code, beside that it is ready. What gave no answer says nothing against it. */
export function isWell({ condition, host }: Known): boolean {
  if (host?.status === "critical") return false;
  if (condition === null) return true;
  const { overall, emergency } = condition;
  return emergency === null && (overall === "Healthy" || overall === "Degraded");
}

function describe(url: string, ok: boolean, answer: Record<string, unknown>): string {
  const reason = answer.detail ?? answer.reason ?? answer.status;
  return ok ? `${url} is ready.` : `${url} is not ready: ${String(reason).replace(/\.$/, "")}.`;
}
