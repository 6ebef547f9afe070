import { startedEarly } from "../../app/storage_start.ts";
import type { Command } from "../command.ts";

export const serve: Command = {
  name: "serve",
  summary: "run Perch (the default)",
  options: {
    new: {
      type: "boolean",
      help: "begin a new plant where the database is missing; what is left is moved away",
    },
  },
  async run(context) {
    const config = context.config("serve");
    const storageWorker = startedEarly(config.database.url);
    const { servePlant } = await import("../serve_plant.ts");
    return await servePlant(context, config, storageWorker);
  },
};
