/** What the API and the pages about this host's buses share. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { inputSettingsShape } from "../../lib/sources/hardware/driver.ts";
import type { Hardware } from "../../lib/sources/hardware/hardware.ts";

export interface HardwareServices {
  hardware: Hardware;
  audit: Pick<Audit, "statement">;
}

/** Ids of buses are longer than Perch's own. */
export const ID_MOST = 200;
export const inputId = z.string().min(1).max(ID_MOST);
export const sensorPath = z.string().trim().min(1, "give it a path").max(2000);
const settings = inputSettingsShape.partial().describe("those that differ");

export const newInputShape = z.strictObject({
  id: inputId.describe("of a channel"),
  sensor: sensorPath.describe("path of its sensor, which is made where there is none"),
  settings: settings.optional(),
}).meta({ id: "NewHardwareInput" });

export const inputPatchShape = z.strictObject({
  sensor: sensorPath.optional().describe("readings from now on come under it"),
  settings: settings.optional(),
}).meta({ id: "HardwareInputPatch" });
