/** Machines and the models of their condition. */
import { setting, whole } from "../setting.ts";

export const MACHINE_SETTINGS = {
  "machines.photos_mb": setting({
    category: "Machines",
    title: "Room for photos",
    help: "Further photos are refused with this reason. Pictures that are there stay.",
    schema: whole(0, 1_000_000),
    default: 500,
    unit: "MB",
    see: "viewer",
    change: "admin",
  }),
  "predictions.retrain_days": setting({
    category: "Predictions",
    title: "Retrain models after",
    help: "Machines without a model get one as soon as there is enough history. 0: models stay.",
    schema: whole(0, 365),
    default: 7,
    unit: "days",
    see: "viewer",
    change: "admin",
  }),
} as const;
