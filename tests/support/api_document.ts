import assert from "node:assert/strict";
import { type AppUnderTest, startApp } from "./app.ts";

/** Runs against a started Perch and the text of its API document. */
export async function withDocument(
  settings: Record<string, string>,
  run: (text: string, under: AppUnderTest) => Promise<void> | void,
): Promise<void> {
  const under = await startApp(settings);
  try {
    const answer = await fetch(`${under.url}/openapi.json`);
    assert.equal(answer.status, 200);
    await run(await answer.text(), under);
  } finally {
    await under.close();
  }
}

// deno-lint-ignore no-explicit-any
type Json = any;

/** Parameters of an operation: its own and those of its path, where they are references what they refer to. */
export function parametersOf(document: Json, path: string, method: string): Json[] {
  const item = document.paths[path];
  return [...item.parameters ?? [], ...item[method].parameters ?? []].map((one: Json) =>
    one.$ref === undefined ? one : document.components.parameters[one.$ref.split("/").at(-1)]
  );
}
