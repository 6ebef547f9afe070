import { messageOf } from "../../base/errors.ts";
import type { Command } from "../command.ts";
import { runningUrl } from "../lock.ts";

const TIMEOUT_MS = 5_000;

export const health: Command = {
  name: "health",
  summary: "ask the running Perch how it is",
  options: {},
  async run({ terminal, json, config }) {
    const { dataDir } = config();
    const url = await runningUrl(dataDir);
    const problem = (detail: string) => {
      terminal.out(json ? JSON.stringify({ status: "stopped", detail }) : detail);
      return 1 as const;
    };
    if (url === null) return problem(`No Perch runs on ${dataDir}.`);
    try {
      const response = await fetch(`${url}/health/ready`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer = await response.json();
      terminal.out(json ? JSON.stringify(answer) : describe(url, response.ok, answer));
      return response.ok ? 0 : 1;
    } catch (error) {
      return problem(`${url} does not answer (${messageOf(error)}).`);
    }
  },
};

function describe(url: string, ok: boolean, answer: Record<string, unknown>): string {
  const reason = answer.detail ?? answer.reason ?? answer.status;
  return ok ? `${url} is ready.` : `${url} is not ready: ${String(reason).replace(/\.$/, "")}.`;
}
