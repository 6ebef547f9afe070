/** Which channels there are now: asked of the drivers anew when the kernel's folders changed. */
import type { Channel, Found, HardwareDriver, Host } from "./driver.ts";

export interface Present {
  /** The channels of a driver. `anew`: they are looked for whatever the folders say. */
  of(driver: HardwareDriver, anew?: boolean): Promise<Found>;
}

/** Beyond this the rest is left out. */
const CHANNELS_MOST = 300;

export function createPresent(host: Host): Present {
  const known = new Map<string, { signature: string; found: Found }>();
  return {
    async of(driver, anew = false) {
      const signature = await signatureOf(host, driver);
      const before = known.get(driver.name);
      if (before !== undefined && before.signature === signature && !anew) return before.found;
      const found = await driver.find(host);
      if (found.channels.length > CHANNELS_MOST) {
        found.notes.push(`${driver.title}: more than ${CHANNELS_MOST}; the rest is not shown.`);
      }
      found.channels.length = Math.min(found.channels.length, CHANNELS_MOST);
      known.set(driver.name, { signature, found });
      return found;
    },
  };
}

/** What stands in the folders, and where it points to: after a new plug the names may be the same. */
async function signatureOf({ files }: Host, { folders, signature }: HardwareDriver) {
  const parts: string[] = [signature?.() ?? ""];
  for (const folder of folders) {
    const names = await files.list(folder);
    if (names === null) {
      parts.push(`${folder} -`);
      continue;
    }
    for (const name of names) parts.push(`${name} ${await files.link(`${folder}/${name}`)}`);
  }
  return parts.join("\n");
}

export function channelIn({ channels }: Found, id: string): Channel | null {
  return channels.find((channel) => channel.id === id) ?? null;
}
