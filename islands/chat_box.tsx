import { useRef, useState } from "preact/hooks";
import type { VNode } from "preact";
import type { ChatAnswer, UsedNumber } from "../lib/ai/chat.ts";
import { number, withUnit } from "../lib/words/numbers.ts";
import { clockTime } from "../lib/words/times.ts";
import { fetchOwn } from "./own.ts";
import { sentence } from "../lib/words/sentence.ts";

export interface ChatProps {
  answers: readonly ChatAnswer[];
  /** Page that the form comes back to where no script runs. */
  from: string;
  error?: string;
  /** What was typed and not taken. */
  typed?: string;
  longest: number;
  zone: string;
  nowMs: number;
}

/** Questions about the plant and their answers. Works as a form; here it stays on the page. */
export function ChatBox(props: ChatProps): VNode {
  const { from, longest, zone, nowMs } = props;
  const [answers, setAnswers] = useState(props.answers);
  const [error, setError] = useState(props.error ?? "");
  const [asked, setAsked] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);

  async function ask(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const message = input.current!.value.trim();
    if (message === "" || asked !== null) return;
    setAsked(message);
    setError("");
    const outcome = await send(message);
    setAsked(null);
    if (typeof outcome === "string") return setError(outcome);
    setAnswers((before) => [...before, outcome]);
    input.current!.value = "";
    input.current!.focus();
  }

  return (
    <div class="chat">
      <ol class="chat-talk" aria-live="polite" aria-label="Questions and answers">
        {answers.map((one) => (
          <Exchange key={`${one.at_ms} ${one.question}`} answer={one} nowMs={nowMs} zone={zone} />
        ))}
        {asked !== null && (
          <li>
            <p class="chat-question">{asked}</p>
            <p class="muted">Looking at the plant …</p>
          </li>
        )}
      </ol>
      <form method="post" action="/chat" onSubmit={ask}>
        <input type="hidden" name="from" value={from} />
        <div class="field">
          <label for="chat-message">Ask about the plant</label>
          <input
            id="chat-message"
            name="message"
            type="text"
            required
            maxLength={longest}
            defaultValue={props.typed}
            autocomplete="off"
            placeholder="What is wrong?"
            ref={input}
            aria-describedby={error === "" ? undefined : "chat-error"}
          />
          {error !== "" && <p class="error" id="chat-error" role="alert">{sentence(error)}</p>}
        </div>
        <button type="submit">Ask</button>
      </form>
    </div>
  );
}

function Exchange(
  { answer, nowMs, zone }: { answer: ChatAnswer; nowMs: number; zone: string },
): VNode {
  const { question, answer: text, numbers, author, instead, at_ms } = answer;
  return (
    <li>
      <p class="chat-question">{question}</p>
      {text.split("\n").map((line, i) => <p key={i} class="chat-answer">{line}</p>)}
      {numbers.length > 0 && (
        <details class="chat-numbers">
          <summary>
            {numbers.length === 1 ? "The number used" : `The ${numbers.length} numbers used`}
          </summary>
          <ul>
            {numbers.map((one) => (
              <li key={one.id}>
                <a href={`/sensors/${encodeURIComponent(one.id)}`}>{one.title}</a>{" "}
                <span class="number">{valueOf(one)}</span>
                {one.at_ms !== null && (
                  <span class="muted">{` at ${clockTime(one.at_ms, nowMs, zone)}`}</span>
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
      <p class="chat-by">
        {author === "rules" ? "by rules" : `by ${author}`}
        {` at ${clockTime(at_ms, nowMs, zone)}`}
        {instead !== null && `. ${instead}`}
      </p>
    </li>
  );
}

function valueOf({ value, unit }: UsedNumber): string {
  if (value === null) return "no reading yet";
  return withUnit(typeof value === "number" ? number(value) : value, unit);
}

/** The answer, or why there is none. */
async function send(message: string): Promise<ChatAnswer | string> {
  const response = await fetchOwn("/api/ai/chat", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message }),
  }).catch(() => null);
  if (response === null) return "Perch does not answer. Try again.";
  if (response.ok) return await response.json();
  const problem = await response.json().catch(() => null);
  return problem?.detail ?? "Perch did not accept it. Try again.";
}
