import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { fetchOwn } from "./own.ts";

/** An operation of the API document, as far as calling it needs. */
export interface Operation {
  id: string;
  method: string;
  /** `/api/users/{id}` */
  path: string;
  parameters: { name: string; in: "path" | "query"; required: boolean; example: string }[];
  /** Content type and example of the body; null without one. */
  body: { type: string; example: string } | null;
}

const MOST_SHOWN = 20_000;

/** Calls an operation with the session of this browser and shows the answer. */
export function TryOperation({ operation }: { operation: Operation }): VNode {
  const [answer, setAnswer] = useState<string | null>(null);
  const { id, method, parameters, body } = operation;

  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setAnswer("…");
    try {
      setAnswer(await call(operation, (name) => String(form.get(name) ?? "")));
    } catch (error) {
      setAnswer(`no answer: ${error instanceof Error ? error.message : error}`);
    }
  }

  return (
    <form onSubmit={send} autocomplete="off">
      {parameters.map(({ name, required, example }) => (
        <div class="field" key={name}>
          <label for={`${id}-${name}`}>{name}</label>
          <input id={`${id}-${name}`} name={name} required={required} defaultValue={example} />
        </div>
      ))}
      {body && (
        <div class="field">
          <label for={`${id}--body`}>{`Body, ${body.type}`}</label>
          <textarea id={`${id}--body`} name="-body" rows={6} defaultValue={body.example} />
        </div>
      )}
      <button type="submit" class="small">{`Send ${method.toUpperCase()}`}</button>
      {answer !== null && <pre tabIndex={0} role="status">{answer}</pre>}
    </form>
  );
}

async function call(operation: Operation, value: (name: string) => string): Promise<string> {
  const query = new URLSearchParams();
  let path = operation.path;
  for (const { name, in: where } of operation.parameters) {
    if (where === "path") path = path.replace(`{${name}}`, encodeURIComponent(value(name)));
    else if (value(name) !== "") query.set(name, value(name));
  }
  const { body, method } = operation;
  const stop = new AbortController();
  const response = await fetchOwn(query.size === 0 ? path : `${path}?${query}`, {
    method: method.toUpperCase(),
    headers: body ? { "content-type": body.type } : {},
    body: body ? value("-body") : undefined,
    signal: stop.signal,
  });
  const head = `${response.status} ${response.headers.get("content-type") ?? ""}\n\n`;
  const text = await firstOf(response);
  // A stream would never end.
  stop.abort();
  return head + pretty(text);
}

/** What comes until the answer ends, is long, or (a stream) has shown enough. */
async function firstOf(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const enough = new Promise<null>((resolve) => setTimeout(() => resolve(null), 3_000));
  let text = "";
  while (text.length < MOST_SHOWN) {
    const part = await Promise.race([reader.read(), enough]);
    if (part === null || part.done) break;
    text += part.value;
  }
  return text.slice(0, MOST_SHOWN);
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
