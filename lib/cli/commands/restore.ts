import type { Command } from "../command.ts";

export const restore: Command = {
  name: "restore",
  summary: "put a backup in the place of the plant; what was there is kept until you confirm",
  words: [{
    name: "FILE",
    help: "the archive; a name alone is looked for among the backups",
    optional: true,
  }],
  options: {
    "dry-run": { type: "boolean", help: "check everything and say what would change" },
    to: { type: "string", value: "DIR", help: "restore into a new data directory instead" },
    "before-upgrade": {
      type: "boolean",
      help: "the newest backup that was made before an upgrade, instead of FILE",
    },
    export: {
      type: "string",
      value: "FILE|yes|no",
      help: "write the readings that came since the backup into a file first; with " +
        "--before-upgrade that is done unless no is said",
    },
    undo: { type: "boolean", help: "put back what the last restore replaced" },
    confirm: { type: "boolean", help: "keep the restored plant: remove what it replaced" },
    identity: {
      type: "string",
      value: "FILE",
      help: "private key of an encrypted archive; - reads it from standard input",
    },
    site: {
      type: "string",
      value: "NAME",
      help: "name of the plant in the archive, if it is another one",
    },
    yes: { type: "boolean", help: "do not ask" },
  },
  async run(context) {
    const { restorePlant } = await import("../restore_plant.ts");
    return await restorePlant(context);
  },
};
