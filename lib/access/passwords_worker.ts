import { argon2id, argon2Verify } from "hash-wasm";
import type { PasswordAnswer, PasswordTask } from "./passwords.ts";

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane; bearable on a Pi. */
const COST = { memorySize: 19_456, iterations: 2, parallelism: 1, hashLength: 32 } as const;

const scope = self as unknown as {
  onmessage: (event: MessageEvent<PasswordTask>) => void;
  postMessage: (answer: PasswordAnswer) => void;
};

async function answer(task: PasswordTask): Promise<PasswordAnswer> {
  if (task.op === "verify") {
    return {
      id: task.id,
      ok: await argon2Verify({ password: task.password, hash: task.encoded }),
    };
  }
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const hash = await argon2id({
    ...COST,
    password: task.password,
    salt,
    outputType: "encoded",
  });
  return { id: task.id, hash };
}

let last: Promise<void> = Promise.resolve();
scope.onmessage = ({ data }) => {
  last = last.then(async () => {
    try {
      scope.postMessage(await answer(data));
    } catch (error) {
      scope.postMessage({ id: data.id, error: (error as Error).message });
    }
  });
};
