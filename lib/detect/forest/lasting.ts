/** An alarm begins when so many rows in a row ask for it, and lasts while this share is reached. */
const ROWS_TO_BEGIN = 5, TO_LAST = 0.75;
const ALMOST = 1 - 1e-9;

/**
 * An alarm that does not come row by row: evidence is held below 1 until it has lasted, and at 1
 * until it is clearly over.
 */
export class Lasting {
  /** Rows in a row that asked for an alarm. */
  asking = 0;
  calling = false;

  take(evidence: number): number {
    this.asking = evidence >= 1 ? this.asking + 1 : 0;
    if (this.asking >= ROWS_TO_BEGIN) this.calling = true;
    else if (evidence < TO_LAST) this.calling = false;
    return this.calling ? Math.max(evidence, 1) : Math.min(evidence, ALMOST);
  }
}
