import { type Area, isBits, type Register, wordsOf } from "./register.ts";

/** Registers that are read with one request. */
export interface Block {
  area: Area;
  address: number;
  count: number;
  registers: Register[];
}

/** Most that one request may ask for, by the protocol. */
const WORDS_MOST = 125;
const BITS_MOST = 2_000;
/** So many registers that nobody asked for cost less than another request. */
const GAP_MOST = 8;

/**
 * Puts registers that stand near each other into one request each: a device answers one at a time. `together` false
 * gives each its own, for devices that refuse what lies between.
 */
export function blocksOf(registers: readonly Register[], together = true): Block[] {
  const blocks: Block[] = [];
  const sorted = registers.toSorted((a, b) =>
    a.area === b.area ? a.address - b.address : a.area < b.area ? -1 : 1
  );
  for (const register of sorted) {
    const open = blocks.at(-1);
    const end = register.address + wordsOf(register);
    const most = isBits(register) ? BITS_MOST : WORDS_MOST;
    if (
      together && open !== undefined && open.area === register.area &&
      register.address <= open.address + open.count + GAP_MOST && end - open.address <= most
    ) {
      open.registers.push(register);
      open.count = Math.max(open.count, end - open.address);
    } else {
      const { area, address } = register;
      blocks.push({ area, address, count: wordsOf(register), registers: [register] });
    }
  }
  return blocks;
}
