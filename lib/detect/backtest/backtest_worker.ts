/** Judges pages of recorded readings and ends: months of them stay off the main loop. Started by `jobs.ts`. */
import { detectorNamed } from "../detectors/mod.ts";
import type { FromTrial, ToTrial } from "./shapes.ts";
import { Trial } from "./trial.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToTrial>) => void;
  postMessage: (answer: FromTrial) => void;
};

let fromMs = 0;
let readings = 0;
let present: Trial | null = null;
let changed: Trial | null = null;

function handle(message: ToTrial): FromTrial {
  if (message.kind === "start") {
    const { task } = message;
    const detector = detectorNamed(task.detector)!;
    fromMs = task.fromMs;
    changed = new Trial(detector, task.changed, task);
    if (task.present !== null) present = new Trial(detector, task.present, task);
    return { kind: "taken" };
  }
  if (message.kind === "page") {
    const { tMs, value } = message;
    for (let i = 0; i < tMs.length; i++) {
      if (tMs[i] >= fromMs) readings++;
      present?.read(tMs[i], value[i]);
      changed!.read(tMs[i], value[i]);
    }
    return { kind: "taken" };
  }
  const result = { readings, present: present?.end() ?? null, changed: changed!.end() };
  return { kind: "done", result };
}

scope.onmessage = ({ data }) => {
  try {
    scope.postMessage(handle(data));
  } catch (error) {
    scope.postMessage({ kind: "failed", message: (error as Error).message });
  }
};
