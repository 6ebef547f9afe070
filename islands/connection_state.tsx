import type { VNode } from "preact";
import { type Connection, connection } from "./live.ts";
import { here } from "./own.ts";

const WORDS: Record<Connection, string> = {
  connecting: "connecting",
  live: "live",
  offline: "offline",
  "signed-out": "signed out",
};

/** The dot beside the name: is what I see alive? */
export function ConnectionDot(): VNode {
  const state = typeof document === "undefined" ? "connecting" : connection.value;
  return (
    <span class={`dot ${state}`} role="status">
      <span aria-hidden="true">●</span> {WORDS[state]}
    </span>
  );
}

/** Says at once that the page is cut off, and goes away by itself. */
export function ConnectionBanner(): VNode | null {
  const state = typeof document === "undefined" ? "connecting" : connection.value;
  if (state === "offline") {
    return (
      <p class="banner warning" role="alert">
        <span aria-hidden="true">▲</span>{" "}
        Perch cannot be reached. What you see is from before; readings go on being stored if Perch
        runs. Trying again.
      </p>
    );
  }
  if (state === "signed-out") {
    const next = encodeURIComponent(here());
    return (
      <p class="banner info" role="alert">
        <span aria-hidden="true">●</span> You are signed out.{" "}
        <a href={`/sign-in?next=${next}`}>Sign in again</a> to see live values.
      </p>
    );
  }
  return null;
}
