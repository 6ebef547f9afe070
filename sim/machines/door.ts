import type { Random } from "../random.ts";
import type { Machine } from "./machine.ts";

/** A gate with a contact: open for half a minute every quarter of an hour or so. */
export function door(path: string, random: Random): Machine {
  let open = false;
  let leftS = 300 * random.uniform();
  return {
    path,
    dialect: "plain",
    sensors: [],
    states: ["contact"],
    step() {
      leftS -= 1;
      if (leftS <= 0) {
        open = !open;
        leftS = (open ? 30 : 900) * (0.5 + random.uniform());
      }
      return { contact: open ? "open" : "closed" };
    },
  };
}
