import type { VNode } from "preact";
import { status } from "./live.ts";

/** New sensors announce themselves; what is being read does not jump. */
export function NewSensors({ shown, first }: { shown: number; first: boolean }): VNode | null {
  const total = typeof document === "undefined" ? shown : status.value?.sensors.total ?? shown;
  const more = total - shown;
  if (more <= 0) return null;
  return (
    <p class="banner info" role="status">
      <span aria-hidden="true">●</span>{" "}
      {first ? "The first readings arrived." : `${more} new ${more === 1 ? "sensor" : "sensors"}.`}
      {" "}
      <a href="">Show</a>
    </p>
  );
}
