import { settingOf } from "../../settings/setting_shape.ts";
import type { SettingView } from "../../settings/setting.ts";
import { allowedBy, textOf, valueOfText, type ValueSchema } from "../../settings/text.ts";
import { columns, minute } from "../columns.ts";
import { type Command, type CommandContext, UsageError } from "../command.ts";
import type { AccountsControl } from "../control.ts";
import { noSetting } from "../no_setting.ts";
import { through } from "../with_control.ts";

const NAME = { name: "NAME", help: "as perch settings list shows it" };

/** Settings change at once where Perch runs, and are kept for the next start where it does not. */
export const settingsList: Command = {
  name: "settings list",
  summary: "list settings with their values",
  options: {},
  async run({ terminal, json, config }) {
    const views = await through({ config }, "settings list", (control) => control.listSettings());
    if (json) terminal.out(JSON.stringify({ items: views.map(settingOf) }));
    else {
      const rows = views.map((view) => [
        view.key,
        textOf(view, view.value),
        view.changed ? "changed" : "default",
        view.title,
      ]);
      terminal.out(columns([["NAME", "VALUE", "", "WHAT"], ...rows]));
    }
    return 0;
  },
};

export const settingsGet: Command = {
  name: "settings get",
  summary: "show one setting: its value, what it does, what is allowed",
  words: [NAME],
  options: {},
  async run({ terminal, flags, json, config }) {
    const name = flags.word("NAME")!;
    const view = await through({ config }, "settings get", (control) => find(control, name));
    terminal.out(json ? JSON.stringify(settingOf(view)) : described(view));
    return 0;
  },
};

export const settingsSet: Command = {
  name: "settings set",
  summary: "change a setting; a secret is read from standard input",
  words: [NAME, { name: "VALUE", help: "without it: standard input", optional: true }],
  options: {},
  async run(context) {
    const { terminal, flags, json } = context;
    const name = flags.word("NAME")!;
    const view = await through(context, "settings set", async (control) => {
      const before = await find(control, name);
      const text = await valueText(context, before);
      const value = valueOfText(before.schema as ValueSchema, text);
      return await control.setSetting({ key: name, value });
    });
    terminal.out(json ? JSON.stringify(settingOf(view)) : `${name} is ${now(view)}`);
    return 0;
  },
};

export const settingsReset: Command = {
  name: "settings reset",
  summary: "put a setting's default back",
  words: [NAME],
  options: {},
  async run({ terminal, flags, json, config }) {
    const key = flags.word("NAME")!;
    const view = await through(
      { config },
      "settings reset",
      (control) => control.setSetting({ key, value: null }),
    );
    terminal.out(json ? JSON.stringify(settingOf(view)) : `${key} is ${now(view)}`);
    return 0;
  },
};

async function find(control: AccountsControl, key: string): Promise<SettingView> {
  const view = (await control.listSettings()).find((one) => one.key === key);
  if (view === undefined) throw noSetting(key);
  return view;
}

async function valueText({ terminal, flags }: CommandContext, view: SettingView): Promise<string> {
  const given = flags.word("VALUE");
  if (given !== undefined && view.secret) {
    throw new UsageError(
      `${view.key} is a secret: give it on standard input; others on this host can see arguments`,
    );
  }
  if (given !== undefined) return given;
  if (terminal.isKeyboard) terminal.err("Value, then Enter and Ctrl-D (it is shown):");
  return (await terminal.input()).replace(/\r?\n$/, "");
}

function now(view: SettingView): string {
  const from = view.restart ? " from the next start" : "";
  return `${textOf(view, view.value)}${from}${view.changed ? "" : " (the default)"}.`;
}

function described(view: SettingView): string {
  const lines = [
    `${view.key} is ${textOf(view, view.value)}`,
    `    ${view.title}. ${view.help}`,
    `    Allowed: ${allowedBy(view.schema as ValueSchema)}.`,
  ];
  if (!view.secret) lines.push(`    Default: ${textOf(view, view.default)}.`);
  if (view.restart) lines.push("    Takes effect at the next start.");
  if (view.changed) lines.push(`    Changed by ${view.changedBy}, ${minute(view.changedMs)} UTC.`);
  return lines.join("\n");
}
