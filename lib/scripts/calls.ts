/** A loaded script as others call it: in batches, in order, and never rejecting. */
import { exceededFault, readAnswers } from "./answers.ts";
import { LIMITS } from "./limits.ts";
import type { FromWorker } from "./messages.ts";
import type { LoadedScript, RunnableScript, ScriptAnswer, ScriptFault } from "./script.ts";

/** The way to the worker. */
export interface Calls {
  /** It ran out of memory: what it had piled up goes. */
  renew(): void;
  source: string;
  file: string;
  send(
    message: { name: string; inputs: string; count: number; state: string | null },
  ): Promise<FromWorker | { fault: ScriptFault }>;
}

/** `functions`: names of those that it exports. */
export function loadedScript(
  { kind, name, hash }: RunnableScript,
  exports: Record<string, unknown>,
  functions: readonly string[],
  calls: Calls,
  unload: () => void,
): LoadedScript {
  let last: Promise<unknown> = Promise.resolve();
  /** Calls of one script are answered in order. */
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done;
    return done;
  }
  function missing(wanted: string): ScriptFault | null {
    if (functions.includes(wanted)) return null;
    const message = `it exports no function ${wanted}`;
    return { type: "contract", message, line: null, column: null };
  }
  async function all(
    wanted: string,
    inputs: readonly unknown[],
    state: string | null,
  ): Promise<{ answers: ScriptAnswer[]; state: string | null }> {
    const fault = missing(wanted);
    if (fault !== null) return { answers: inputs.map(() => ({ fault })), state };
    const texts = inputs.map((input) => JSON.stringify(input) ?? "null");
    const answers: ScriptAnswer[] = [];
    while (answers.length < texts.length) {
      const batch = batchOf(texts, answers.length);
      const answer = await calls.send({
        name: wanted,
        inputs: `[${batch.join(",")}]`,
        count: batch.length,
        state,
      });
      if ("fault" in answer) {
        answers.push(answer);
        continue;
      }
      const read = readAnswers(answer.text, calls.source, calls.file);
      const ended = answer.exceeded ?? (read.length === 0 ? "output" : undefined);
      if (ended === "memory") calls.renew();
      answers.push(...read);
      if (ended !== undefined) answers.push({ fault: exceededFault(ended) });
      if (state !== null) state = answer.state ?? state;
    }
    return { answers, state };
  }
  return {
    ref: { kind, name },
    hash,
    exports,
    call: (wanted, inputs) => inOrder(async () => (await all(wanted, inputs, null)).answers),
    fold: (wanted, state, inputs) =>
      inOrder(async () => {
        const folded = await all(wanted, inputs, JSON.stringify(state ?? null));
        return { answers: folded.answers, state: JSON.parse(folded.state!) };
      }),
    unload,
  };
}

function batchOf(texts: readonly string[], from: number): string[] {
  let chars = 0;
  let end = from;
  while (end < texts.length && end - from < LIMITS.batch) {
    chars += texts[end].length;
    if (end > from && chars > LIMITS.batchChars) break;
    end++;
  }
  return texts.slice(from, end);
}
