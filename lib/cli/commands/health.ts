import { messageOf } from "../../base/errors.ts";
import type { HostReport } from "../../health/history/report.ts";
import type { Command } from "../command.ts";
import { connectControl } from "../control_socket.ts";
import { readHolder, runningUrl } from "../lock.ts";

const TIMEOUT_MS = 5_000;

export const health: Command = {
  name: "health",
  summary: "say how Perch and its host are; the host alone while none runs",
  options: {},
  async run({ terminal, json, config }) {
    const parsed = config();
    const { dataDir } = parsed;
    const url = await runningUrl(dataDir);
    const { hostLines } = await import("../host_lines.ts");
    const print = (answer: Record<string, unknown>, words: string, host: HostReport | null) => {
      if (json) return terminal.out(JSON.stringify({ ...answer, host }));
      const lines = host && hostLines(host, { isRunning: answer.status !== "stopped" });
      terminal.out(lines === null ? words : `${words}\n\n${lines}`);
    };
    const problem = (detail: string, host: HostReport | null) => {
      print({ status: "stopped", detail }, detail, host);
      return 1 as const;
    };
    if (url === null) {
      const { measureHost } = await import("../measure_host.ts");
      const detail = `No Perch runs on ${dataDir}.`;
      return problem(detail, await measureHost(parsed));
    }
    try {
      const response = await fetch(`${url}/health/ready`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer = await response.json();
      print(answer, describe(url, response.ok, answer), await reportOf(dataDir));
      return response.ok ? 0 : 1;
    } catch (error) {
      return problem(`${url} does not answer (${messageOf(error)}).`, null);
    }
  },
};

/** The host as the running Perch sees it; null where that gives no answer, such as in safe mode. */
async function reportOf(dataDir: string): Promise<HostReport | null> {
  const { socket } = readHolder(dataDir) ?? {};
  if (socket === undefined) return null;
  const control = connectControl(socket);
  let overdue: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      control.hostReport(),
      new Promise<null>((resolve) => overdue = setTimeout(() => resolve(null), TIMEOUT_MS)),
    ]);
  } catch {
    return null;
  } finally {
    clearTimeout(overdue);
    control.close();
  }
}

function describe(url: string, ok: boolean, answer: Record<string, unknown>): string {
  const reason = answer.detail ?? answer.reason ?? answer.status;
  return ok ? `${url} is ready.` : `${url} is not ready: ${String(reason).replace(/\.$/, "")}.`;
}
