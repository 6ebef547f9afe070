import type { Transaction } from "@libsql/client";

/**
 * Pages of a database that hold nothing any more, by SQLite's list of free pages (file format, "The Freelist"): a
 * chain of trunk pages, each with the number of the next, a count, and so many numbers of leaf pages. What was in the
 * leaves is still there, and nobody reads it. A list that does not hold together gives no page: the check of the
 * database says what is wrong with it.
 * @param transaction sees the database as it is copied
 * @returns whether the page of this number, from 1, is such a leaf
 */
export async function readFreePages(
  transaction: Pick<Transaction, "execute">,
  pages: number,
): Promise<(page: number) => boolean> {
  const free = new Uint8Array(Math.ceil((pages + 1) / 8));
  const isFree = (page: number) => (free[page >> 3] & (1 << (page & 7))) !== 0;
  let trunk = (await readPage(transaction, 1)).getUint32(FIRST_TRUNK_AT);
  for (let seen = 0; trunk !== 0; seen++) {
    if (seen >= pages || trunk > pages) return () => false;
    const data = await readPage(transaction, trunk);
    const leaves = data.getUint32(4);
    if (8 + 4 * leaves > data.byteLength) return () => false;
    for (let i = 0; i < leaves; i++) {
      const leaf = data.getUint32(8 + 4 * i);
      if (leaf < 2 || leaf > pages || isFree(leaf)) return () => false;
      free[leaf >> 3] |= 1 << (leaf & 7);
    }
    trunk = data.getUint32(0);
  }
  return isFree;
}

/** In the header of the first page. */
const FIRST_TRUNK_AT = 32;

async function readPage(
  transaction: Pick<Transaction, "execute">,
  page: number,
): Promise<DataView> {
  const sql = "SELECT data FROM sqlite_dbpage WHERE pgno = ?";
  const { rows } = await transaction.execute({ sql, args: [page] });
  return new DataView(rows[0][0] as ArrayBuffer);
}
