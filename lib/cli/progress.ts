import type { Terminal } from "./terminal.ts";

/** Says on standard error how far a long work is: each stage, and every tenth of it when a person reads. */
export function progressLines(
  terminal: Terminal,
): (progress: { stage: string; share: number }) => void {
  let last = "";
  return ({ stage, share }) => {
    const tenth = terminal.isPerson ? Math.floor(Math.min(1, share) * 10) * 10 : 0;
    const line = tenth === 0 ? `${stage} …` : `${stage} ${tenth} %`;
    if (line !== last) terminal.err(line);
    last = line;
  };
}
