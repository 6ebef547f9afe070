import type { CameraStatus } from "../../cameras/camera_view.ts";
import { CAMERA_WORDS, cameraNeedsHelp, pictureAge } from "../../words/cameras.ts";
import { columns } from "../columns.ts";
import type { Command, CommandContext, ExitCode } from "../command.ts";
import type { CameraTested, Control } from "../control.ts";
import { throughAll, withRunning } from "../with_control.ts";

const ID = { name: "ID", help: "id or name of a camera", optional: true };
const MEANT = "Without ID: the only camera, or that of the setting cameras.default.";

export const cameraStatus: Command = {
  name: "camera status",
  summary: "say how cameras are; exit code 1 when one gives no good pictures",
  words: [{ ...ID, help: "id or name of a camera; without it: all of them" }],
  options: {},
  async run(context) {
    const { terminal, flags, json } = context;
    const named = flags.word("ID");
    const all = await withRunning(context, (control) => control.cameraStates());
    const shown = named === undefined
      ? all
      : all.filter(({ id, name }) => [id, name].includes(named));
    if (named !== undefined && shown.length === 0) {
      terminal.err(`there is no camera "${named.slice(0, 80)}"`);
      return 2;
    }
    if (json) terminal.out(JSON.stringify(named === undefined ? { items: shown } : shown[0]));
    else if (shown.length === 0) terminal.out("There is no camera.");
    else terminal.out([columns([HEAD, ...shown.map(row)]), ...shown.flatMap(trouble)].join("\n"));
    return shown.some(({ state }) => cameraNeedsHelp(state)) ? 1 : 0;
  },
};

export const cameraTest: Command = {
  name: "camera test",
  summary: "see whether a camera gives pictures that change, within 20 s",
  words: [ID],
  options: {},
  notes: [MEANT],
  run: (context) =>
    answer(
      context,
      throughAll(context, "camera test", (control) => control.testCamera(asked(context))),
    ),
};

export const cameraRecover: Command = {
  name: "camera recover",
  summary: "start a camera anew at once, then test it",
  words: [ID],
  options: {},
  notes: [MEANT],
  run: (context) =>
    answer(context, withRunning(context, (control) => control.recoverCamera(asked(context)))),
};

const HEAD = ["NAME", "STATE", "PICTURE", "FPS", "SCORE", "ID"];

function row({ id, name, state, frame_age_ms, fps, score }: CameraStatus): string[] {
  const age = frame_age_ms === null ? "-" : pictureAge(frame_age_ms);
  return [name, CAMERA_WORDS[state], age, fps.toFixed(1), String(Math.round(score)), id];
}

const trouble = ({ state, text }: CameraStatus) => cameraNeedsHelp(state) ? [text] : [];

/** Which camera, as it was typed. */
function asked({ flags }: CommandContext): Parameters<Control["testCamera"]>[0] {
  const camera = flags.word("ID");
  return camera === undefined ? {} : { camera };
}

async function answer(
  { terminal, json }: CommandContext,
  tested: Promise<CameraTested>,
): Promise<ExitCode> {
  const test = await tested;
  terminal.out(json ? JSON.stringify(test) : `${test.name}: ${test.text}`);
  return test.ok ? 0 : 1;
}
