import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { TriedJson } from "../lib/scripts/shapes.ts";
import { fetchOwn } from "./own.ts";
import { sentence } from "../lib/words/sentence.ts";

interface Props {
  kind: string;
  name: string;
  tried: TriedJson | null;
}

const WAIT_MS = 400;
const ROWS_MOST = 50;
const FIELDS = ["source", "topic", "payload", "sample"];

/** What the text on the page makes of the input beside it; in the browser it follows every change. */
export function ScriptTry({ kind, name, tried: initial }: Props): VNode {
  const [tried, setTried] = useState(initial);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => follow(`/api/scripts/${kind}/${name}/try`, setTried, setTrouble), []);
  return (
    <div role="status" class="tried">
      {trouble !== null
        ? <p class="error">{sentence(trouble)}</p>
        : tried === null
        ? <p class="muted">Nothing was tried yet.</p>
        : <Result tried={tried} />}
    </div>
  );
}

function Result({ tried: { fault, answer } }: { tried: TriedJson }): VNode {
  if (fault !== null) {
    const { line } = fault;
    return (
      <>
        <p class="error">{sentence(fault.message)}</p>
        {line !== null && (
          <p>
            {fault.column === null ? `Line ${line}` : `Line ${line}, column ${fault.column}`}
            {typeof document !== "undefined" && (
              <button
                type="button"
                class="small"
                onClick={() => goTo(line)}
              >
                Go there
              </button>
            )}
          </p>
        )}
      </>
    );
  }
  const rows = rowsOf(answer);
  if (rows === null) return <pre tabIndex={0}><code>{JSON.stringify(answer, null, 2)}</code></pre>;
  if (rows.length === 0) return <p>It works, and answers nothing for this input.</p>;
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, 12);
  return (
    <>
      <p>{rows.length === 1 ? "It answers one:" : `It answers ${rows.length}:`}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Answer">
        <table>
          <thead>
            <tr>{names.map((one) => <th key={one} scope="col" class="text">{one}</th>)}</tr>
          </thead>
          <tbody>
            {rows.slice(0, ROWS_MOST).map((row, i) => (
              <tr key={i}>
                {names.map((one) => <td key={one} class="text">{textOf(row[one])}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Values or findings as rows; null: it is no list of objects. */
function rowsOf(answer: unknown): Record<string, unknown>[] | null {
  if (!Array.isArray(answer)) return null;
  const isRow = (one: unknown) => typeof one === "object" && one !== null && !Array.isArray(one);
  return answer.every(isRow) ? answer : null;
}

function textOf(value: unknown): string {
  if (value === undefined) return "";
  return (typeof value === "string" ? value : JSON.stringify(value)).slice(0, 500);
}

function goTo(line: number): void {
  const area = document.getElementById("source") as HTMLTextAreaElement | null;
  if (area === null) return;
  const lines = area.value.split("\n");
  const from = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
}

/** Tries what is in the fields, a moment after the last change of one of them. */
function follow(
  path: string,
  onTried: (tried: TriedJson) => void,
  onTrouble: (trouble: string | null) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | null = null;

  async function ask(): Promise<void> {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const entries = FIELDS.map((id) => [id, valueOf(id)]).filter(([id, v]) => id !== "sample" || v);
    try {
      const response = await fetchOwn(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(Object.fromEntries(entries)),
        signal,
      });
      const answer = await response.json();
      if (signal.aborted) return;
      if (response.ok) onTried(answer);
      onTrouble(response.ok ? null : answer.detail);
    } catch {
      if (!signal.aborted) onTrouble("Perch does not answer at the moment.");
    }
  }
  const onInput = (event: Event) => {
    if (!FIELDS.includes((event.target as HTMLElement).id)) return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  };
  document.addEventListener("input", onInput);
  return () => {
    document.removeEventListener("input", onInput);
    clearTimeout(timer);
    asking?.abort();
  };
}

function valueOf(id: string): string {
  return (document.getElementById(id) as HTMLInputElement | null)?.value ?? "";
}
